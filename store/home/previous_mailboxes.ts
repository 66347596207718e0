/**
 * Mailboxes that we moved out of: kept in relay.json beside `self` (as `previous_mailboxes`, which
 * 0.5.19 leaves alone) and read until nobody posts there any more. Pure.
 * See docs/protocol/identity-and-events.md §23 and docs/protocol/extensions.md §2.
 */
import {
  type EpochMs,
  type EventId,
  isEventId,
  isSlotId,
  isSlotToken,
  parseRelayUrl,
  type RelayUrl,
  type SlotId,
  type SlotToken,
} from "../../protocol/ids.ts";
import type { RelayState, SelfMailbox } from "../../protocol/schemas/relay_state.ts";
import { instantMs } from "../../protocol/text/instant.ts";
import type { NewMailbox } from "./mailbox.ts";

/** How long peers that were told, or were away, may still post to the old mailbox. */
export const READ_PREVIOUS_MS = 30 * 86_400_000;

const MEMBER = "previous_mailboxes";

export interface PreviousMailbox {
  readonly relayUrl: RelayUrl;
  readonly slotId: SlotId;
  readonly slotToken: SlotToken;
  /** When we moved out; undefined if the entry does not say. */
  readonly movedAtMs: EpochMs | undefined;
  /** How far it was read. */
  readonly cursor: EventId | undefined;
  /** Peers who have still to be told where we are now. */
  readonly untold: readonly string[];
}

/** Those that can be read; anything else in the list stays in the file. */
export const previousMailboxes = (state: RelayState): readonly PreviousMailbox[] =>
  entriesIn(state).flatMap((entry) => previousOf(entry) ?? []);

function previousOf(entry: unknown): PreviousMailbox | undefined {
  const record = recordOf(entry);
  const { relay_url, slot_id, slot_token, moved_at, last_pulled_event_id, untold } = record;
  const relayUrl = typeof relay_url === "string" ? parseRelayUrl(relay_url) : undefined;
  if (relayUrl === undefined || !isSlotId(slot_id) || !isSlotToken(slot_token)) return undefined;
  return {
    relayUrl,
    slotId: slot_id,
    slotToken: slot_token,
    movedAtMs: typeof moved_at === "string" ? instantMs(moved_at) : undefined,
    cursor: isEventId(last_pulled_event_id) ? last_pulled_event_id : undefined,
    untold: Array.isArray(untold) ? untold.filter((name) => typeof name === "string") : [],
  };
}

export interface Move {
  /** RFC 3339, now. */
  readonly at: string;
  /** Peers who are to be told. */
  readonly untold: readonly string[];
}

/**
 * The state with another mailbox in the place of ours, and ours among the previous ones. What
 * 0.5.19 loses here stays: other endpoints, of whatever scope, and unknown members. The cursor goes
 * with the mailbox that it belongs to.
 */
export function withMovedMailbox(state: RelayState, mailbox: NewMailbox, move: Move): RelayState {
  const { last_pulled_event_id, ...kept } = state.self ?? {};
  const flat = {
    relay_url: mailbox.relayUrl,
    slot_id: mailbox.slotId,
    slot_token: mailbox.slotToken,
  };
  const self: SelfMailbox = { ...kept, ...flat };
  if (kept.endpoints !== undefined) {
    self.endpoints = movedEndpoints(kept.endpoints, kept.slot_id, flat);
  }
  const { relay_url, slot_id, slot_token } = kept;
  const previous = {
    relay_url,
    slot_id,
    slot_token,
    moved_at: move.at,
    untold: move.untold,
    ...(last_pulled_event_id ? { last_pulled_event_id } : {}),
  };
  const list = previousOf(previous) === undefined ? [] : [previous];
  return { ...state, self, [MEMBER]: [...entriesIn(state), ...list] };
}

/** Each endpoint where it was; the old mailbox's becomes the new one's, or that one is the first. */
function movedEndpoints(
  endpoints: readonly unknown[],
  oldSlot: string | undefined,
  flat: { readonly relay_url: string; readonly slot_id: string; readonly slot_token: string },
): unknown[] {
  if (endpoints.length === 0) return [];
  const isOld = (endpoint: unknown): boolean =>
    oldSlot !== undefined && recordOf(endpoint)["slot_id"] === oldSlot;
  if (endpoints.some(isOld)) {
    return endpoints.map((it) => isOld(it) ? { ...recordOf(it), ...flat } : it);
  }
  return [{ ...flat, scope: "federation" }, ...endpoints];
}

/** The mailbox as far as it was read. */
export const withPreviousCursor = (state: RelayState, slot: SlotId, id: EventId): RelayState =>
  changed(
    state,
    (entry) =>
      recordOf(entry)["slot_id"] === slot
        ? [{ ...recordOf(entry), last_pulled_event_id: id }]
        : [entry],
  );

/** They know where we are now, or need not know. */
export const withTold = (state: RelayState, handles: readonly string[]): RelayState =>
  changed(state, (entry) => {
    const { untold } = recordOf(entry);
    if (!Array.isArray(untold)) return [entry];
    const left = untold.filter((name) => !handles.includes(name));
    return [{ ...recordOf(entry), untold: left }];
  });

/** Nothing is read there any more. */
export const withoutPrevious = (state: RelayState, slot: SlotId): RelayState =>
  changed(state, (entry) => recordOf(entry)["slot_id"] === slot ? [] : [entry]);

function changed(state: RelayState, change: (entry: unknown) => unknown[]): RelayState {
  const { [MEMBER]: list, ...rest } = state;
  if (!Array.isArray(list)) return state;
  const left = list.flatMap(change);
  return left.length === 0 ? rest : { ...rest, [MEMBER]: left };
}

function entriesIn(state: RelayState): readonly unknown[] {
  const list = state[MEMBER];
  return Array.isArray(list) ? list : [];
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
