/**
 * When events were stored, roughly: now and then a slot is marked with the time and the seq of its
 * last event. Whatever is older than a mark was there by then, so nothing is ever taken for older
 * than it is; the segments need no time of their own.
 */
import { z } from "zod";
import type { EpochMs, SlotId } from "../../protocol/ids.ts";
import { checked } from "./kv_rows.ts";

/** At `at` the slot's last event was `seq`. */
export interface Mark {
  readonly seq: number;
  readonly at: EpochMs;
}

/** Marks lie further apart the older they are: a time is found within a sixteenth of its age. */
const SHARE = 16;

/** `["marks", slot]`: its marks, oldest first. */
export const marksKey = (id: SlotId): Deno.KvKey => ["marks", id];

const MarksRow = z.array(z.object({ seq: z.int().min(1), at: z.number() }));

/** @throws {WireError} unreadable */
export const readMarks = (value: unknown): readonly Mark[] =>
  value === null ? [] : checked(MarksRow, value, "when a slot's events came");

/**
 * Adds a mark behind all others, and forgets those that are not needed between their neighbours.
 * @param marks oldest first
 * @param dropped what is up to this seq is asked for no more
 */
export function withMark(marks: readonly Mark[], mark: Mark, dropped: number): readonly Mark[] {
  const kept: Mark[] = [];
  for (const older of marks) {
    const last = kept.at(-1);
    const isNeeded = last === undefined || older.at - last.at >= (mark.at - older.at) / SHARE;
    if (older.seq > dropped && older.at < mark.at && isNeeded) kept.push(older);
  }
  return [...kept, mark];
}

/** @returns seq of the last event that is known to have been stored by then; 0: of none */
export function storedBy(marks: readonly Mark[], at: EpochMs): number {
  return marks.findLast((mark) => mark.at <= at)?.seq ?? 0;
}
