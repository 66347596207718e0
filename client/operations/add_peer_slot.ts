/**
 * A peer's mailbox by hand. Changes no trust and asks no relay.
 * See docs/protocol/cli.md §5.3 and docs/protocol/pairing.md §17.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { isSlotId, isSlotToken, type RelayUrl } from "../../protocol/ids.ts";
import { quote } from "../../protocol/json/quote.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import { agentOf, isSelf } from "../../protocol/trust/trust.ts";
import { withAllowedRelay } from "../../store/home/allowed_relays.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import { withPeerMailbox } from "../../store/home/peer_mailbox.ts";
import { readStdin } from "../argument_text.ts";
import type { ClientContext } from "../context.ts";
import { unusedEndpoint } from "../endpoints/unused.ts";
import { relayUrlOf } from "../mailbox.ts";
import type { Operation } from "../operation.ts";
import { peerToWriteTo } from "../peer_view.ts";

const AddPeerSlotInput = z.object({
  handle: z.string(),
  url: z.string(),
  slotId: z.string(),
  /** `-` reads it from stdin, so that it stands in no shell history. */
  slotToken: z.string(),
});

const AddPeerSlotOutput = z.object({
  added: z.literal([true]),
  handle: z.string(),
  relay_url: z.string(),
  slot_id: z.string(),
});

/**
 * What is returned was read back from relay.json. The same again is the same.
 * @throws {WireError} not_initialized; usage; conflict; unreadable; locked; write_failed
 */
export const addPeerSlot = {
  input: AddPeerSlotInput,
  output: AddPeerSlotOutput,
  async run(context, input) {
    const { home } = context;
    const [self, trust] = await Promise.all([home.readIdentity(), home.readTrust()]);
    const handle = peerToWriteTo(input.handle, trust);
    const agent = agentOf(trust, handle);
    if (handle === self.handle || (agent !== undefined && isSelf(agent))) {
      throw new WireError("conflict", `Cannot add a mailbox of ${handle}: that is our own name`, {
        hint: "our own mailbox comes from: wire bind-relay <url>",
      });
    }
    const mailbox = await mailboxOf(context, input);
    await home.updateRelayState(
      "wire add-peer-slot",
      // Whoever types an address has allowed it.
      (state) => withTypedRelay(withPeerMailbox(state, handle, mailbox), mailbox.relayUrl),
    );
    if (agent === undefined) {
      context.warn(
        `nobody called ${handle} is pinned: what they send is not accepted; pin their card with: ` +
          "wire pin <card-file>",
      );
    }
    const { peers } = await home.readRelayState();
    const entry = Object.hasOwn(peers, handle) ? peers[handle] : undefined;
    if (entry?.slot_id !== mailbox.slotId || entry.relay_url === undefined) {
      throw new WireError("conflict", `Cannot add a mailbox of ${handle}: relay.json was changed`);
    }
    return {
      added: true as const,
      handle,
      relay_url: entry.relay_url,
      slot_id: entry.slot_id,
    };
  },
} satisfies Operation<typeof AddPeerSlotInput, typeof AddPeerSlotOutput>;

const withTypedRelay = (state: RelayState, url: RelayUrl): RelayState =>
  unusedEndpoint(state, url) === undefined ? state : withAllowedRelay(state, url);

/** @throws {WireError} usage, which never repeats the token */
async function mailboxOf(
  { platform }: ClientContext,
  { url, slotId, slotToken }: z.output<typeof AddPeerSlotInput>,
): Promise<NewMailbox> {
  const relayUrl = relayUrlOf(url);
  if (!isSlotId(slotId)) {
    throw new WireError(
      "usage",
      `Cannot use the slot id ${quote(slotId)}: expected 32 lower-case hex digits`,
    );
  }
  const token = slotToken === "-" ? (await readStdin(platform)).trim() : slotToken;
  if (isSlotToken(token)) return { relayUrl, slotId, slotToken: token };
  throw new WireError("usage", "Cannot use the slot token: expected 64 lower-case hex digits");
}
