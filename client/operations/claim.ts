/** Claims a nick in a relay's directory. See docs/protocol/cli.md §4. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { isClaimableNick } from "../../protocol/identity/did.ts";
import { quote } from "../../protocol/json/quote.ts";
import { claimNick, ClaimReply } from "../directory_client.ts";
import { askedRelay, ensureSelf } from "../invite/ensure_self.ts";
import type { Operation } from "../operation.ts";

const ClaimInput = z.object({
  nick: z.string(),
  relay: z.string().optional(),
  /** Where others reach the relay, if not at the address that we use. */
  publicUrl: z.string().optional(),
  hidden: z.boolean().default(() => false),
});

const ClaimOutput = z.object({ nick: z.string(), relay: z.string(), response: ClaimReply });

/**
 * The same key again is the same. A mailbox on another relay than the one that is named is refused:
 * the claim would point at a mailbox that is not there.
 * @throws {WireError} usage; conflict; as ensureSelf and claimNick
 */
export const claim = {
  input: ClaimInput,
  output: ClaimOutput,
  async run(context, { nick, relay, publicUrl, hidden }) {
    if (!isClaimableNick(nick)) {
      throw new WireError(
        "usage",
        `Cannot claim ${quote(nick)}: expected 2-32 of [a-z0-9_-], and no reserved name`,
      );
    }
    const asked = askedRelay(relay);
    const shown = askedRelay(publicUrl);
    const { identity, mailbox } = await ensureSelf(context, {
      owner: "wire claim",
      ...(asked === undefined ? {} : { relay: asked }),
    });
    if (asked !== undefined && asked !== mailbox.relayUrl) {
      throw new WireError(
        "conflict",
        `Cannot claim ${nick} on ${asked}: this home's mailbox is on ${mailbox.relayUrl}`,
        { hint: `wire bind-relay ${asked} first, or leave --relay out` },
      );
    }
    const response = await claimNick(context, {
      nick,
      card: identity.card,
      mailbox,
      publicUrl: shown ?? mailbox.relayUrl,
      isHidden: hidden,
    });
    return { nick, relay: shown ?? mailbox.relayUrl, response };
  },
} satisfies Operation<typeof ClaimInput, typeof ClaimOutput>;
