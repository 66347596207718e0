/** A peer's mailboxes as a request or its answer gives them, in relay.json. */
import type { DropEndpoints } from "../../protocol/drop/drop.ts";
import type { KnownRoute } from "../../protocol/drop/decide.ts";
import { endpointsIn, type RelayState } from "../../protocol/schemas/relay_state.ts";
import { withPeerEntry } from "../../store/home/peer_mailbox.ts";

/** Of the peer's entry: the time of the event that its mailbox comes from. */
const MOVED_AT = "moved_at";

/** @returns undefined without an entry */
export function knownRoute(state: RelayState, handle: string): KnownRoute | undefined {
  const entry = Object.hasOwn(state.peers, handle) ? state.peers[handle] : undefined;
  if (entry === undefined) return undefined;
  const movedAt = entry[MOVED_AT];
  const tokens = [entry.slot_token, ...endpointsIn(entry.endpoints).map((it) => it.slot_token)];
  return {
    hasToken: tokens.some((token) => token !== undefined && token !== ""),
    at: typeof movedAt === "string" ? movedAt : undefined,
  };
}

/** Each token stays with its endpoint: nothing of the old mailboxes is mixed in. */
export function withRoutes(
  state: RelayState,
  handle: string,
  { endpoints, at }: { readonly endpoints: DropEndpoints; readonly at: string },
): RelayState {
  const old = Object.hasOwn(state.peers, handle) ? state.peers[handle] : {};
  const { relay_url, slot_id, slot_token } = endpoints[0];
  return withPeerEntry(state, handle, {
    ...old,
    relay_url,
    slot_id,
    slot_token,
    endpoints: endpoints.map((endpoint) => ({ ...endpoint })),
    [MOVED_AT]: at,
  });
}
