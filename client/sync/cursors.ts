/**
 * How far our mailboxes have been read: members of relay.json, one per scope, as 0.5.19 keeps them.
 * Pure. See docs/protocol/identity-and-events.md §10.1 and §13.2.
 */
import type { EventId } from "../../protocol/ids.ts";
import { isEventId } from "../../protocol/ids.ts";
import { isJsonObject, type Json, stringMember } from "../../protocol/json/value.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import { ownRoutes, type Route, type Scope } from "./routes.ts";

const MEMBER = {
  federation: "last_pulled_event_id",
  local: "last_pulled_event_id_local",
} as const;

/** Only an event id counts: another program may have let a peer choose the text. */
export function cursorOf(state: RelayState, scope: Scope): EventId | undefined {
  const value = state.self?.[MEMBER[scope]];
  return isEventId(value) ? value : undefined;
}

/** Unchanged when the mailbox is ours no longer: its position means nothing in another one. */
export function withCursor(state: RelayState, route: Route, id: EventId): RelayState {
  const { self } = state;
  const isStillOurs = ownRoutes(state).some((own) =>
    own.slotId === route.slotId && own.relayUrl === route.relayUrl && own.scope === route.scope
  );
  if (self === null || !isStillOurs) return state;
  return { ...state, self: { ...self, [MEMBER[route.scope]]: id } };
}

/** The last event of a page that has an id, whatever it belongs to. */
export function lastUsableId(items: readonly Json[]): EventId | undefined {
  for (const item of items.toReversed()) {
    const id = isJsonObject(item) ? stringMember(item, "event_id") : undefined;
    if (isEventId(id)) return id;
  }
  return undefined;
}
