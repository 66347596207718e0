/**
 * Which mailboxes count, ours and a peer's: the one routing function, for push, pull and every
 * screen. Pure. See docs/protocol/identity-and-events.md §10.2.
 */
import {
  isSlotId,
  isSlotToken,
  parseRelayUrl,
  type RelayUrl,
  type SlotId,
  type SlotToken,
} from "../../protocol/ids.ts";
import { parseUnixRelay } from "../../protocol/unix_relay.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import { type Unused, unusedEndpoint } from "../endpoints/unused.ts";

export type Scope = "federation" | "local" | "uds";

/** A mailbox that can be called. */
export interface Route {
  /** As the file has it: what results show. */
  readonly shownUrl: string;
  readonly relayUrl: RelayUrl;
  readonly slotId: SlotId;
  readonly slotToken: SlotToken;
  readonly scope: Scope;
}

export type PeerRoutes =
  /** At least one, in the order in which they are tried. */
  | { readonly tag: "routes"; readonly routes: readonly Route[] }
  /** Never without a reason: a skip that nobody can explain loses mail. */
  | { readonly tag: "none"; readonly reason: string };

/** The text of 0.5.19 for a peer that has no usable mailbox. */
export const NO_ROUTE = "no reachable endpoint pinned for peer";

/** Whether only this machine reaches it. */
export const isLocal = ({ scope }: Pick<Route, "scope">): boolean => scope !== "federation";

/** Our own mailboxes; empty when none is bound. */
export function ownRoutes(state: RelayState): readonly Route[] {
  return state.self === null ? [] : routesOf(state.self);
}

/**
 * Mailboxes on a socket and on a local relay of our own first, then federation in stored order; of those only what
 * may be called (docs/protocol/extensions.md §9).
 */
export function peerRoutes(state: RelayState, peer: string): PeerRoutes {
  const known = knownRoutes(state, peer);
  const routes = known.filter(({ relayUrl }) => unusedEndpoint(state, relayUrl) === undefined);
  if (routes.length > 0) return { tag: "routes", routes };
  const [unused] = unusedRoutes(state, peer);
  const why = unused === undefined ? "" : `: ${unused.reason}; to allow it: ${unused.next}`;
  return { tag: "none", reason: NO_ROUTE + why };
}

/** As {@linkcode peerRoutes}, with those that may not be called: to compare and to show. */
export function knownRoutes(state: RelayState, peer: string): readonly Route[] {
  const own = new Set(ownRoutes(state).filter(isLocal).map((route) => route.relayUrl));
  const all = Object.hasOwn(state.peers, peer) ? namedRoutes(state.peers[peer]) : [];
  const near = all.filter((route) => isLocal(route) && own.has(route.relayUrl));
  return [
    ...near.filter(({ scope }) => scope === "uds"),
    ...near.filter(({ scope }) => scope === "local"),
    ...all.filter((route) => !isLocal(route)),
  ];
}

/** Whatever an entry names, also what only the peer's own machine reaches. */
export const namedRoutes = (entry: object | undefined): readonly Route[] =>
  entry === undefined ? [] : routesOf(entry);

/** Mailboxes of the peer that wait for the operator's consent, each address once. */
export function unusedRoutes(state: RelayState, peer: string): readonly Unused[] {
  const urls = new Set(knownRoutes(state, peer).map(({ relayUrl }) => relayUrl));
  return [...urls].flatMap((relayUrl) => unusedEndpoint(state, relayUrl) ?? []);
}

/** The list if one of its elements can be used, else the flat members. */
function routesOf(entry: object): readonly Route[] {
  const listed: unknown = Reflect.get(entry, "endpoints");
  const routes = Array.isArray(listed)
    ? listed.map(routeOf).filter((route) => route !== undefined)
    : [];
  if (routes.length > 0) return routes;
  const flat = routeOf({ ...entry, scope: "federation" });
  return flat === undefined ? [] : [flat];
}

function routeOf(value: unknown): Route | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const shownUrl: unknown = Reflect.get(value, "relay_url");
  const slotId: unknown = Reflect.get(value, "slot_id");
  const slotToken: unknown = Reflect.get(value, "slot_token");
  const scope: unknown = Reflect.get(value, "scope");
  if (scope !== "federation" && scope !== "local" && scope !== "uds") return undefined;
  if (typeof shownUrl !== "string" || !isSlotId(slotId) || !isSlotToken(slotToken)) {
    return undefined;
  }
  const relayUrl = scope === "uds" ? parseUnixRelay(shownUrl) : parseRelayUrl(shownUrl);
  return relayUrl && { shownUrl, relayUrl, slotId, slotToken, scope };
}
