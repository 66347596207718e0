/**
 * A pin that an invite earned, on either side: the peer's key and mailbox in our files, in one step
 * under both locks. See docs/protocol/pairing.md §14.4 and §14.5.
 */
import { WireError } from "../../protocol/errors.ts";
import type { AdmittedCard } from "../../protocol/identity/card.ts";
import { sameKey } from "../../protocol/identity/keys.ts";
import type { RelayUrl, SlotId, SlotToken } from "../../protocol/ids.ts";
import {
  endpointsIn,
  type PeerMailbox,
  type RelayState,
} from "../../protocol/schemas/relay_state.ts";
import { agentOf, keysOf, pinCard, type TrustStore } from "../../protocol/trust/trust.ts";
import type { Home } from "../../store/home/home.ts";

export interface InvitedPeer {
  readonly card: AdmittedCard;
  readonly relayUrl: RelayUrl;
  readonly slotId: SlotId;
  /** A secret. */
  readonly slotToken: SlotToken;
  /** RFC 3339: the time of the event that the mailbox comes from, if it comes from one. */
  readonly sentAt?: string;
}

/** Of the peer's entry: the time of the event that its mailbox comes from. */
export const MOVED_AT = "moved_at";

/**
 * Whether the peer may be pinned under its name, before anything is made, sent or spent.
 * @throws {WireError} conflict, naming who has that name
 */
export async function checkPin(home: Home, peer: InvitedPeer): Promise<void> {
  pinned(await home.readTrust(), peer, home.platform.clock.timestamp());
}

/**
 * Pins the peer at VERIFIED. Safe to repeat; never replaces another key, nor ourselves.
 * @throws {WireError} conflict; locked, unreadable, write_failed
 */
export async function pinInvited(home: Home, peer: InvitedPeer): Promise<void> {
  const owner = `an invite, with ${peer.card.handle}`;
  await home.updateTrust(owner, async (store) => {
    const changed = pinned(store, peer, home.platform.clock.timestamp());
    // Before the pin, so that nobody is ever shown as verified without a way to reach them.
    await home.updateRelayState(owner, (state) => withRoute(state, peer));
    return changed;
  });
}

/** @throws {WireError} conflict, if the files do not say (any more) what was written to them */
export async function checkPinned(home: Home, peer: InvitedPeer): Promise<void> {
  const { card, slotId, slotToken } = peer;
  const agent = agentOf(await home.readTrust(), card.handle);
  const { peers } = await home.readRelayState();
  const route = Object.hasOwn(peers, card.handle) ? peers[card.handle] : undefined;
  const holdsKey = agent !== undefined && agent.did === card.did &&
    keysOf(agent).some(({ bytes, active }) => active && sameKey(bytes, card.publicKey));
  if (holdsKey && route?.slot_id === slotId && route.slot_token === slotToken) return;
  throw new WireError(
    "conflict",
    `Cannot finish pairing with ${card.did}: trust.json or relay.json was changed meanwhile`,
  );
}

function pinned(store: TrustStore, { card }: InvitedPeer, at: string): TrustStore {
  const result = pinCard(store, card, { tier: "VERIFIED", at, via: "invite" });
  if (result.ok) return result.store;
  throw new WireError("conflict", result.message, {
    ...(result.reason === "self" ? {} : {
      hint: "if that peer really has a new key, remove the old pin first: " +
        `wire forget-peer ${card.handle}`,
    }),
  });
}

/**
 * The flat members, as 0.5.19 writes them. Endpoints of other scopes have tokens of their own and
 * stay, and so does what we do not know.
 */
function withRoute(
  state: RelayState,
  { card, relayUrl, slotId, slotToken, sentAt }: InvitedPeer,
): RelayState {
  const { handle } = card;
  const old = Object.hasOwn(state.peers, handle) ? state.peers[handle] : undefined;
  const { endpoints, ...kept } = old ?? {};
  const flat = { relay_url: relayUrl, slot_id: slotId, slot_token: slotToken };
  const others = endpointsIn(endpoints).filter(({ scope }) => scope !== "federation");
  const moved = sentAt === undefined ? {} : { [MOVED_AT]: sentAt };
  const entry: PeerMailbox = { ...kept, ...flat, ...moved };
  if (others.length > 0) entry.endpoints = [{ ...flat, scope: "federation" }, ...others];
  return { ...state, peers: { ...state.peers, [handle]: entry } };
}
