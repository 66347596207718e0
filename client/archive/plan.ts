/** Which lines at the beginning of an inbox file are old enough to be archived, and by which month. */
import type { Files } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import { parseEvent } from "../../protocol/event/event.ts";
import type { EpochMs } from "../../protocol/ids.ts";
import { stringMember } from "../../protocol/json/value.ts";
import { instantMs } from "../../protocol/text/instant.ts";
import { monthOf } from "../../store/mail/archived_months.ts";
import { readLines } from "../../store/mail/jsonl.ts";

export interface PlannedPart {
  readonly month: string;
  /** In bytes of the inbox file. */
  readonly from: number;
  readonly to: number;
}

export interface PlanOptions {
  readonly nowMs: EpochMs;
  /** What is older goes. */
  readonly beforeMs: EpochMs;
  /** No line after this place, whatever its age: somebody has still to read it. */
  readonly upTo: number;
}

export interface Plan {
  readonly parts: readonly PlannedPart[];
  /** Whether more would be old enough, were it not for `upTo`. */
  readonly isHeld: boolean;
}

/**
 * Up to the first message that is too young. A message is never older than the one before it; what is no
 * message, or says that it is of the future, is as old as the one before it.
 */
export async function plan(
  files: Files,
  file: string,
  { nowMs, beforeMs, upTo }: PlanOptions,
): Promise<Plan> {
  const parts: PlannedPart[] = [];
  let atMs: EpochMs = 0;
  for await (const { text, offset, end } of readLines(files, file, 0)) {
    const claimed = text === undefined ? undefined : timeIn(text);
    if (claimed !== undefined && claimed.ms <= nowMs) atMs = Math.max(atMs, claimed.ms);
    if (atMs >= beforeMs) break;
    if (end > upTo) return { parts, isHeld: true };
    const month = monthOf(atMs);
    const last = parts.at(-1);
    if (last?.month !== month) parts.push({ month, from: offset, to: end });
    else parts[parts.length - 1] = { ...last, to: end };
  }
  return { parts, isHeld: false };
}

/** How many messages stand before that place. */
export async function messagesUpTo(files: Files, file: string, place: number): Promise<number> {
  let messages = 0;
  for await (const { text, end } of readLines(files, file, 0)) {
    if (end > place) break;
    if (text !== undefined && timeIn(text) !== undefined) messages++;
  }
  return messages;
}

/** @returns undefined for what is no event */
function timeIn(text: string): { readonly ms: EpochMs } | undefined {
  try {
    return { ms: instantMs(stringMember(parseEvent(text).value, "timestamp")) ?? 0 };
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
