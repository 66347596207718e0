/**
 * Entries of relay.json as the daemon of 0.5.19 needs them: it reads nothing but the flat members, and
 * passes over a peer without a word where one is missing. Pure.
 * See docs/protocol/identity-and-events.md §10 and §12.
 */
import type { PeerMailbox, RelayState, SelfMailbox } from "../../protocol/schemas/relay_state.ts";
import { knownRoutes, ownRoutes, type Route } from "../sync/routes.ts";

export interface Flattened {
  readonly state: RelayState;
  /** Peers that 0.5.19 would not have served; `self` for our own entry. */
  readonly mended: readonly string[];
}

/** The same state where nothing is missing. */
export function withFlatMembers(state: RelayState): Flattened {
  const mended: string[] = [];
  const fill = <Entry extends SelfMailbox | PeerMailbox>(
    name: string,
    entry: Entry,
    routes: readonly Route[],
  ): Entry => {
    if (isFlat(entry)) return entry;
    const route = routes.find(({ scope }) => scope === "federation") ?? routes[0];
    if (route === undefined) return entry;
    mended.push(name);
    const { shownUrl, slotId, slotToken } = route;
    return { ...entry, relay_url: shownUrl, slot_id: slotId, slot_token: slotToken };
  };
  const self = state.self === null ? null : fill("self", state.self, ownRoutes(state));
  const peers = Object.fromEntries(
    Object.entries(state.peers).map((
      [name, entry],
    ) => [name, fill(name, entry, knownRoutes(state, name))]),
  );
  return mended.length === 0 ? { state, mended } : { state: { ...state, self, peers }, mended };
}

/** A peer that has not answered yet has an empty token, and is as it should be. */
const isFlat = (entry: SelfMailbox | PeerMailbox): boolean =>
  Boolean(entry.relay_url) && Boolean(entry.slot_id) && entry.slot_token !== undefined;
