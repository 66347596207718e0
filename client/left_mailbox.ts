/**
 * A peer that said `wire_close` has left its mailbox, and unless it tells us a token for the new one,
 * what we send goes where nobody reads. Kept in the peer's entry of relay.json by the mailbox that was
 * left, so that it ends by itself with the next one. See docs/protocol/identity-and-events.md §27.
 */
import type { WireEvent } from "../protocol/event/event.ts";
import { kindNumber } from "../protocol/event/kinds.ts";
import type { Handle } from "../protocol/ids.ts";
import { isJsonObject, member, stringMember } from "../protocol/json/value.ts";
import type { PeerMailbox, RelayState } from "../protocol/schemas/relay_state.ts";
import { instantMs } from "../protocol/text/instant.ts";
import { agentOf } from "../protocol/trust/trust.ts";
import { withPeerEntry } from "../store/home/peer_mailbox.ts";
import type { ClientContext } from "./context.ts";
import { MOVED_AT } from "./follow_move.ts";
import { isLocal, knownRoutes } from "./sync/routes.ts";

const TYPE = "wire_close";
const KIND = 1201;
/** Of the peer's entry: the slot that it left. */
const LEFT_SLOT = "left_slot";

/** Whether the event says that its sender leaves its mailbox: kind 1201 and type `wire_close`. */
export const closesMailbox = ({ value }: WireEvent): boolean =>
  stringMember(value, "type") === TYPE && kindNumber(member(value, "kind")) === KIND;

/**
 * Notes that a verified peer has left the mailbox that we know. A notice from before that mailbox was
 * told, or that names it as the new one, changes nothing. Safe to repeat.
 * @param sender whose key verified the event
 * @returns whether it is news
 * @throws {WireError} locked, unreadable, write_failed
 */
export async function noteLeft(
  { home }: ClientContext,
  sender: Handle,
  event: WireEvent,
): Promise<boolean> {
  const body = closesMailbox(event) ? member(event.value, "body") : undefined;
  const newSlot = isJsonObject(body) ? stringMember(body, "new_slot_id") : undefined;
  const at = instantMs(stringMember(event.value, "timestamp") ?? "");
  const pinned = agentOf(await home.readTrust(), sender)?.value;
  if (newSlot === undefined || at === undefined || pinned === undefined) return false;
  const pinnedAt = instantMs(stringMember(pinned, "pinned_at") ?? "") ?? -Infinity;
  const leaves = (state: RelayState): string | undefined => {
    const slot = knownRoutes(state, sender).find((route) => !isLocal(route))?.slotId;
    const moved = entryOf(state, sender)?.[MOVED_AT];
    const movedAt = typeof moved === "string" ? instantMs(moved) ?? -Infinity : -Infinity;
    const isOld = at <= Math.max(pinnedAt, movedAt) || slot === newSlot;
    return isOld || hasLeft(state, sender) ? undefined : slot;
  };
  if (leaves(await home.readRelayState()) === undefined) return false;
  let isNews = false;
  await home.updateRelayState(`wire, ${sender} left its mailbox`, (state) => {
    const slot = leaves(state);
    isNews = slot !== undefined;
    if (slot === undefined) return state;
    return withPeerEntry(state, sender, { ...entryOf(state, sender), [LEFT_SLOT]: slot });
  });
  return isNews;
}

/** Whether the mailbox that we know is the one that the peer left. */
export function hasLeft(state: RelayState, handle: string): boolean {
  const left = entryOf(state, handle)?.[LEFT_SLOT];
  return left !== undefined &&
    knownRoutes(state, handle).some((route) => !isLocal(route) && route.slotId === left);
}

export interface LeftNote {
  readonly mailbox?: "left";
}

/** What `peers` and `status` say of it; nothing where the peer is where we think. */
export const leftNote = (state: RelayState, handle: string): LeftNote =>
  hasLeft(state, handle) ? { mailbox: "left" } : {};

/** For people; the peer's name comes first. */
export const LEFT_TEXT = "has left the mailbox that we know and did not tell us the new one; " +
  "pair again to reach it";

const entryOf = ({ peers }: RelayState, handle: string): PeerMailbox | undefined =>
  Object.hasOwn(peers, handle) ? peers[handle] : undefined;
