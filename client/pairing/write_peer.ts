/**
 * The peer's mailbox and key in our files, and both read again before anybody says so; for both forms
 * of pairing. See docs/protocol/pairing.md §8, steps 5 and 6.
 */
import { WireError } from "../../protocol/errors.ts";
import type { AdmittedCard } from "../../protocol/identity/card.ts";
import { sameKey } from "../../protocol/identity/keys.ts";
import type { MailboxRoute } from "../../protocol/pairing/bootstrap.ts";
import type { SasProof } from "../../protocol/pairing/pending_pair.ts";
import { agentOf, keysOf, pinCard } from "../../protocol/trust/trust.ts";
import type { PeerMailbox } from "../../protocol/schemas/relay_state.ts";
import type { Home } from "../../store/home/home.ts";
import { withPeerEntry } from "../../store/home/peer_mailbox.ts";

/** The name is taken by another key, or is ours: the operator must decide, not a retry. */
class PinRefused extends WireError {}

/** Another command has ended the pairing in the meantime. */
class PairingEnded extends WireError {}

export interface NewPeer {
  readonly card: AdmittedCard;
  readonly mailbox: MailboxRoute;
  /** All of its mailboxes; none if there is no more than that one. */
  readonly endpoints?: readonly (MailboxRoute & { readonly scope: string })[];
  readonly proof: SasProof;
  /** RFC 3339. */
  readonly at: string;
}

export type Written =
  | { readonly tag: "written" }
  | { readonly tag: "unwanted" }
  | { readonly tag: "refused"; readonly text: string };

/**
 * Safe to repeat: the same key and route again change nothing but the time.
 * @param isWanted asked under the lock of trust.json: nothing is pinned for a pairing that has ended
 * @throws {WireError} locked, unreadable, write_failed; conflict, if the files were changed meanwhile
 */
export async function writePeer(
  home: Home,
  peer: NewPeer,
  isWanted: () => Promise<boolean>,
): Promise<Written> {
  const { card, proof, at } = peer;
  const owner = `pairing with ${card.handle}`;
  try {
    await home.updateTrust(owner, async (store) => {
      if (!await isWanted()) throw new PairingEnded("conflict", "the pairing has ended");
      const pinned = pinCard(store, card, { tier: "VERIFIED", at, via: "sas", proof });
      if (!pinned.ok) throw new PinRefused("conflict", pinned.message);
      // Before the pin, so that nobody is ever shown as verified without a way to reach them.
      await home.updateRelayState(
        owner,
        (state) => withPeerEntry(state, card.handle, entryOf(peer)),
      );
      return pinned.store;
    });
  } catch (error) {
    if (error instanceof PairingEnded) return { tag: "unwanted" };
    if (!(error instanceof PinRefused)) throw error;
    return { tag: "refused", text: error.message };
  }
  await checkWritten(home, peer);
  return { tag: "written" };
}

const flat = ({ relayUrl, slotId, slotToken }: MailboxRoute) => ({
  relay_url: relayUrl,
  slot_id: slotId,
  slot_token: slotToken,
});

const entryOf = ({ mailbox, endpoints = [] }: NewPeer): PeerMailbox =>
  endpoints.length === 0 ? flat(mailbox) : {
    ...flat(mailbox),
    endpoints: endpoints.map((endpoint) => ({ ...flat(endpoint), scope: endpoint.scope })),
  };

/** @throws {WireError} conflict, if the files do not say what was just written */
async function checkWritten(home: Home, { card, mailbox }: NewPeer): Promise<void> {
  const agent = agentOf(await home.readTrust(), card.handle);
  const route = (await home.readRelayState()).peers[card.handle];
  const holdsKey = agent !== undefined && agent.did === card.did &&
    keysOf(agent).some(({ bytes, active }) => active && sameKey(bytes, card.publicKey));
  const routed = route?.slot_id === mailbox.slotId && route.slot_token === mailbox.slotToken &&
    route.relay_url === mailbox.relayUrl;
  if (holdsKey && routed) return;
  throw new WireError(
    "conflict",
    `Cannot finish the pairing with ${card.did}: trust.json and relay.json were changed meanwhile`,
  );
}
