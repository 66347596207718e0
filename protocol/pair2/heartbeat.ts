/**
 * What a side of pair/2 sends to the other's mailbox after its `done`: kind 100, type `heartbeat`,
 * body `{"t":"pair2_done","th":<hex>}`. See docs/protocol/extensions.md §10.
 */
import type { WireEvent } from "../event/event.ts";
import { isJsonObject, member, stringMember } from "../json/value.ts";

export const HEARTBEAT_TYPE = "heartbeat";
export const PAIR2_DONE = "pair2_done";

/** @returns the transcript hash that it names; undefined for any other event */
export function doneTranscript({ value }: WireEvent): string | undefined {
  const body = member(value, "body");
  if (stringMember(value, "type") !== HEARTBEAT_TYPE || !isJsonObject(body)) return undefined;
  return stringMember(body, "t") === PAIR2_DONE ? stringMember(body, "th") ?? "" : undefined;
}
