/** A peer's entry of relay.json. Pure. See docs/protocol/identity-and-events.md §10.3. */
import {
  endpointsIn,
  type PeerMailbox,
  type RelayState,
} from "../../protocol/schemas/relay_state.ts";
import type { NewMailbox } from "./mailbox.ts";

/**
 * The state with another federation mailbox of that peer. What 0.5.19 loses here stays: endpoints
 * of other scopes, each with its own token, and unknown members.
 */
export function withPeerMailbox(
  state: RelayState,
  handle: string,
  mailbox: NewMailbox,
): RelayState {
  const old = Object.hasOwn(state.peers, handle) ? state.peers[handle] : undefined;
  const { endpoints, ...kept } = old ?? {};
  const flat = {
    relay_url: mailbox.relayUrl,
    slot_id: mailbox.slotId,
    slot_token: mailbox.slotToken,
  };
  const others = endpointsIn(endpoints).filter((endpoint) => endpoint.scope !== "federation");
  const entry: PeerMailbox = { ...kept, ...flat };
  if (others.length > 0) entry.endpoints = [{ ...flat, scope: "federation" }, ...others];
  return withPeerEntry(state, handle, entry);
}

/** The state with that entry in the place of the peer's. */
export const withPeerEntry = (
  state: RelayState,
  handle: string,
  entry: PeerMailbox,
): RelayState => withPeers(state, [...otherPeers(state, handle), [handle, entry]]);

/** The same state if there is no such entry. */
export function withoutPeer(state: RelayState, handle: string): RelayState {
  if (!Object.hasOwn(state.peers, handle)) return state;
  return withPeers(state, otherPeers(state, handle));
}

type PeerEntry = readonly [string, PeerMailbox];

const otherPeers = ({ peers }: RelayState, handle: string): PeerEntry[] =>
  Object.entries(peers).filter(([name]) => name !== handle);

/** `fromEntries`, because a peer may be called `__proto__`. */
const withPeers = (state: RelayState, entries: readonly PeerEntry[]): RelayState => ({
  ...state,
  peers: Object.fromEntries(entries),
});
