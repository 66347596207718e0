/**
 * How far our mailboxes have been read: members of relay.json, one per scope as 0.5.19 keeps them, and
 * one by relay and slot for what it has no member for. Pure. See
 * docs/protocol/identity-and-events.md §10.1 and §13.2, docs/protocol/extensions.md §3.
 */
import type { EventId } from "../../protocol/ids.ts";
import { isEventId } from "../../protocol/ids.ts";
import { isJsonObject, type Json, stringMember } from "../../protocol/json/value.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import { mailboxKey } from "./mailbox_turns.ts";
import { ownRoutes, type Route } from "./routes.ts";

const MEMBER = {
  federation: "last_pulled_event_id",
  local: "last_pulled_event_id_local",
  /** Ours: 0.5.19 reads no such mailbox. */
  uds: "last_pulled_event_id_uds",
} as const;

/** Ours, for mailboxes beside the first of a scope: an object by `<relay URL> <slot id>`. */
const BESIDE = "cursors";

/** Only an event id counts: another program may have let a peer choose the text. */
export function cursorOf(state: RelayState, route: Route): EventId | undefined {
  const value = isFirst(state, route)
    ? state.self?.[MEMBER[route.scope]]
    : beside(state)[mailboxKey(route)];
  return isEventId(value) ? value : undefined;
}

/** Of the first mailbox on a federation relay, as results show it. */
export function federationCursor(state: RelayState): EventId | undefined {
  const value = state.self?.[MEMBER.federation];
  return isEventId(value) ? value : undefined;
}

/** Unchanged when the mailbox is ours no longer: its position means nothing in another one. */
export function withCursor(state: RelayState, route: Route, id: EventId): RelayState {
  const { self } = state;
  const own = ownRoutes(state);
  const isStillOurs = own.some((other) =>
    mailboxKey(other) === mailboxKey(route) && other.scope === route.scope
  );
  if (self === null || !isStillOurs) return state;
  if (isFirst(state, route)) return { ...state, self: { ...self, [MEMBER[route.scope]]: id } };
  const ours = new Set(own.map(mailboxKey));
  const kept = Object.entries(beside(state)).filter(([key]) => ours.has(key));
  const cursors = { ...Object.fromEntries(kept), [mailboxKey(route)]: id };
  return { ...state, self: { ...self, [BESIDE]: cursors } };
}

/** 0.5.19 has one cursor a scope, which is right for one mailbox. */
const isFirst = (state: RelayState, route: Route): boolean => {
  const first = ownRoutes(state).find(({ scope }) => scope === route.scope);
  return first === undefined || mailboxKey(first) === mailboxKey(route);
};

function beside({ self }: RelayState): Readonly<Record<string, unknown>> {
  const cursors: unknown = self === null ? undefined : Reflect.get(self, BESIDE);
  return typeof cursors === "object" && cursors !== null ? { ...cursors } : {};
}

/** The last event of a page that has an id, whatever it belongs to. */
export function lastUsableId(items: readonly Json[]): EventId | undefined {
  for (const item of items.toReversed()) {
    const id = isJsonObject(item) ? stringMember(item, "event_id") : undefined;
    if (isEventId(id)) return id;
  }
  return undefined;
}
