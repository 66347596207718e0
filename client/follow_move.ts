/**
 * A peer that moved tells where its mailbox is now; mail to it then goes there. Only for an event
 * that is verified and stored. See docs/protocol/identity-and-events.md §14.2.
 */
import type { WireEvent } from "../protocol/event/event.ts";
import { kindNumber } from "../protocol/event/kinds.ts";
import type { Handle } from "../protocol/ids.ts";
import { isJsonObject, member, plain, stringMember } from "../protocol/json/value.ts";
import type { PeerMailbox, RelayState } from "../protocol/schemas/relay_state.ts";
import { instantMs } from "../protocol/text/instant.ts";
import { shownRelay } from "../protocol/unix_relay.ts";
import { agentOf, isSelf } from "../protocol/trust/trust.ts";
import { withPeerEntry } from "../store/home/peer_mailbox.ts";
import type { ClientContext } from "./context.ts";
import { shownTier } from "./peer_view.ts";
import { isLocal, namedRoutes, type Route } from "./sync/routes.ts";

const TYPE = "pair_drop_ack";
const KIND = 1101;
/** Of the peer's entry: the time of the notice that it comes from. */
export const MOVED_AT = "moved_at";
/** More mailboxes than anybody has. */
const MAX_ENDPOINTS = 16;

/** Whether the event says where its sender's mailbox is: kind 1101 and type `pair_drop_ack`. */
export const bringsMailbox = ({ value }: WireEvent): boolean =>
  stringMember(value, "type") === TYPE && kindNumber(member(value, "kind")) === KIND;

/**
 * Takes the new mailbox of a verified peer whose mailbox we know already. A notice that is not later
 * than the one before changes nothing: a relay may bring an old one again. Safe to repeat.
 * @param sender whose key verified the event
 * @returns whether mail goes to another mailbox now; with a new token alone it does not
 * @throws {WireError} locked, unreadable, write_failed
 */
export async function followMove(
  { home }: ClientContext,
  sender: Handle,
  event: WireEvent,
): Promise<boolean> {
  const body = bringsMailbox(event) ? member(event.value, "body") : undefined;
  const at = stringMember(event.value, "timestamp");
  if (!isJsonObject(body) || at === undefined) return false;
  const routes = routesIn(plain(body));
  const agent = agentOf(await home.readTrust(), sender);
  if (routes.length === 0 || agent === undefined || isSelf(agent)) return false;
  const followed = (state: RelayState): RelayState =>
    shownTier(agent, state) === "VERIFIED" && isLater(at, state.peers[sender])
      ? withRoutes(state, { sender, routes, at })
      : state;
  const of = (state: RelayState): readonly Route[] => namedRoutes(state.peers[sender]);
  const follows = (state: RelayState): boolean => !sameRoutes(of(followed(state)), of(state));
  if (!follows(await home.readRelayState())) return false;
  let isMoved = false;
  await home.updateRelayState(`wire, the mailbox of ${sender}`, (state) => {
    if (!follows(state)) return state;
    const after = followed(state);
    isMoved = !samePlaces(reachedByAll(of(after)), reachedByAll(of(state)));
    return after;
  });
  return isMoved;
}

/** One of its own machine that was added is no move. */
const reachedByAll = (routes: readonly Route[]): readonly Route[] =>
  routes.filter((route) => !isLocal(route));

/** As the routing function reads them, so that nothing is written that nobody would use. */
function routesIn(body: unknown): readonly Route[] {
  if (typeof body !== "object" || body === null) return [];
  const endpoints: unknown = Reflect.get(body, "endpoints");
  const flat = namedRoutes(textMembers(body));
  const listed = namedRoutes({
    endpoints: Array.isArray(endpoints) ? endpoints.slice(0, MAX_ENDPOINTS) : [],
  });
  const isNew = (route: Route): boolean => !flat.some((other) => samePlace(route, other));
  // A list that names one for everybody is the whole truth, also where the flat members differ.
  return listed.some((route) => !isLocal(route)) ? listed : [...flat, ...listed.filter(isNew)];
}

function textMembers(body: object): PeerMailbox {
  const entry: Record<string, string> = {};
  for (const name of ["relay_url", "slot_id", "slot_token"]) {
    const value: unknown = Reflect.get(body, name);
    if (typeof value === "string") entry[name] = value;
  }
  return entry;
}

const samePlaces = (a: readonly Route[], b: readonly Route[]): boolean =>
  a.length === b.length && a.every((route, index) => samePlace(route, b[index]));

const samePlace = (a: Route, b: Route | undefined): boolean =>
  a.relayUrl === b?.relayUrl && a.slotId === b.slotId;

const sameRoutes = (a: readonly Route[], b: readonly Route[]): boolean =>
  a.length === b.length && a.every((route, index) => sameRoute(route, b[index]));

const sameRoute = (a: Route, b: Route | undefined): boolean =>
  samePlace(a, b) && a.slotToken === b?.slotToken;

function isLater(at: string, old: PeerMailbox | undefined): boolean {
  const moved = old?.[MOVED_AT];
  const before = typeof moved === "string" ? instantMs(moved) : undefined;
  const time = instantMs(at);
  return time !== undefined && (before === undefined || time > before);
}

interface NewRoutes {
  readonly sender: Handle;
  readonly routes: readonly Route[];
  readonly at: string;
}

/** Other endpoints in scopes that only its own machine reaches stay as they were. */
function withRoutes(state: RelayState, { sender, routes, at }: NewRoutes): RelayState {
  const main = routes.find((route) => !isLocal(route)) ?? routes[0];
  if (main === undefined) return state;
  const { endpoints, ...kept } = state.peers[sender] ?? {};
  const flat = {
    relay_url: shownRelay(main.relayUrl),
    slot_id: main.slotId,
    slot_token: main.slotToken,
  };
  const named = routes.map(({ relayUrl, slotId, slotToken, scope }) => ({
    relay_url: shownRelay(relayUrl),
    slot_id: slotId,
    slot_token: slotToken,
    scope,
  }));
  const isReplaced = (endpoint: unknown): boolean =>
    memberOf(endpoint, "scope") === "federation" ||
    named.some(({ relay_url }) => relay_url === memberOf(endpoint, "relay_url"));
  const others = (endpoints ?? []).filter((endpoint) => !isReplaced(endpoint));
  const list = [...named, ...others];
  const entry: PeerMailbox = { ...kept, ...flat, endpoints: list, [MOVED_AT]: at };
  return withPeerEntry(state, sender, entry);
}

const memberOf = (endpoint: unknown, name: string): unknown =>
  typeof endpoint === "object" && endpoint !== null ? Reflect.get(endpoint, name) : undefined;
