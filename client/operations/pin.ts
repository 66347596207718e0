/**
 * Pins a card that came by another way: by hand, in person. Says nothing of a mailbox.
 * See docs/protocol/cli.md §4 and docs/protocol/pairing.md §17.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { admitCard, type AdmittedCard, verifyCardSignature } from "../../protocol/identity/card.ts";
import { identityCheck } from "../../protocol/identity/identity_check.ts";
import { JsonError, parseJson } from "../../protocol/json/parse.ts";
import type { Json } from "../../protocol/json/value.ts";
import { agentOf, pinCard } from "../../protocol/trust/trust.ts";
import { isBlocked } from "../../store/home/blocklist.ts";
import { readNamedFile } from "../argument_text.ts";
import { pass } from "../consent/pass.ts";
import type { ClientContext } from "../context.ts";
import type { Operation } from "../operation.ts";

const PinInput = z.object({
  /** Reads files, so never from an agent's tool. */
  file: z.string(),
});

const PinOutput = z.object({
  did: z.string(),
  handle: z.string(),
  pinned: z.literal([true]),
  tier: z.string(),
  /** What two people compare over voice (docs/protocol/pairing.md §6.3). */
  identity_check: z.string(),
});

/**
 * What is returned was read back from trust.json. The same card again changes nothing but the time.
 * @throws {WireError} not_initialized; not_found, unreadable, bad_json (the file); bad_input (the
 * card); conflict (the name is another key's, or ours); refused (blocked); locked; write_failed
 */
export const pin = {
  input: PinInput,
  output: PinOutput,
  async run(context, { file }) {
    const { home, platform: { clock } } = context;
    const { keys } = await home.readIdentity();
    const card = admitted(await cardIn(context, file), file);
    if (await isBlocked(home, card.did)) {
      throw new WireError("refused", `Cannot pin ${card.did}: it is blocked`, {
        hint: `first: wire unblock ${card.did}`,
      });
    }
    await pass(context, "pin", card.did);
    await home.updateTrust("wire pin", (store) => {
      const pinned = pinCard(store, card, {
        tier: "VERIFIED",
        at: clock.timestamp(),
        via: "manual",
      });
      if (pinned.ok) return pinned.store;
      throw new WireError("conflict", pinned.message, {
        hint: pinned.reason === "self"
          ? "it is this home's own card"
          : `if the new key is truly theirs: wire forget-peer ${card.handle}, then pin again`,
      });
    });
    const agent = agentOf(await home.readTrust(), card.handle);
    if (agent?.did !== card.did) {
      throw new WireError("conflict", `Cannot pin ${card.did}: trust.json was changed meanwhile`);
    }
    return {
      did: agent.did,
      handle: agent.handle,
      pinned: true as const,
      tier: agent.tier,
      identity_check: identityCheck(keys.publicKey, card.publicKey),
    };
  },
} satisfies Operation<typeof PinInput, typeof PinOutput>;

async function cardIn({ platform }: ClientContext, file: string): Promise<Json> {
  const text = await readNamedFile(platform, file);
  try {
    return parseJson(text, { repeatedMembers: "refuse" });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const message = `Cannot read the card ${JSON.stringify(file)}: ${error.message}`;
    throw new WireError("bad_json", message, { cause: error });
  }
}

function admitted(card: Json, file: string): AdmittedCard {
  const verdict = verifyCardSignature(card);
  if (!verdict.ok) {
    throw new WireError("bad_input", `peer card signature invalid: ${verdict.text}`);
  }
  const admission = admitCard(card);
  if (admission.ok) return admission;
  throw new WireError(
    "bad_input",
    `Cannot pin the card ${JSON.stringify(file)}: ${admission.message}`,
  );
}
