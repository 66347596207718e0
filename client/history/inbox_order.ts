/**
 * Received messages of several senders as one sequence: by their timestamps, each sender's own in
 * the order in which they came. See docs/protocol/cli.md §9 S4.
 */
import type { Files } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import { parseEvent, type WireEvent } from "../../protocol/event/event.ts";
import type { EpochMs, Handle } from "../../protocol/ids.ts";
import { compareCodePoints } from "../../protocol/json/print.ts";
import { stringMember } from "../../protocol/json/value.ts";
import { instantMs } from "../../protocol/text/instant.ts";
import { type Line, readLines } from "../../store/mail/jsonl.ts";

export interface Received {
  readonly sender: Handle;
  readonly event: WireEvent;
  /** What it is ordered by: never before the sender's last message, never after now. */
  readonly atMs: EpochMs;
}

export interface InboxFile {
  readonly sender: Handle;
  /** One file after the other: what was archived, the oldest first, and the inbox. */
  readonly paths: readonly string[];
}

export interface OrderOptions {
  readonly files: Files;
  /** A timestamp in the future counts as this: it cannot push others out of the newest. */
  readonly nowMs: EpochMs;
  /** Lines of which it says no are passed over unread, and the order goes without them. */
  mayBe?(text: string): boolean;
  /** Told about each line that is no event. */
  onUnusable(sender: Handle, problem: string): void;
}

/** Holds one message of each file in memory, however long the files are. */
export async function* inOrder(
  inboxes: readonly InboxFile[],
  options: OrderOptions,
): AsyncGenerator<Received, void, undefined> {
  const heads: Head[] = [];
  try {
    for (const inbox of inboxes) {
      const rest = receivedIn(inbox, options);
      const next = await rest.next();
      if (!next.done) heads.push({ received: next.value, rest });
    }
    for (let head = earliest(heads); head !== undefined; head = earliest(heads)) {
      yield head.received;
      const next = await head.rest.next();
      if (next.done) heads.splice(heads.indexOf(head), 1);
      else head.received = next.value;
    }
  } finally {
    for (const { rest } of heads) await rest.return();
  }
}

interface Head {
  received: Received;
  readonly rest: AsyncGenerator<Received, void, undefined>;
}

function earliest(heads: readonly Head[]): Head | undefined {
  let first: Head | undefined;
  for (const head of heads) {
    if (first === undefined || isBefore(head.received, first.received)) first = head;
  }
  return first;
}

const isBefore = (a: Received, b: Received): boolean => compareReceived(a, b) < 0;

/** By time, and what came at the same time by its sender. */
export const compareReceived = (a: Received, b: Received): number =>
  a.atMs === b.atMs ? compareCodePoints(a.sender, b.sender) : a.atMs - b.atMs;

async function* receivedIn(
  { sender, paths }: InboxFile,
  { files, nowMs, mayBe, onUnusable }: OrderOptions,
): AsyncGenerator<Received, void, undefined> {
  let afterMs: EpochMs = 0;
  for await (const { text, problem } of linesOf(files, paths)) {
    if (text?.trim() === "" || mayBe?.(text ?? "") === false) continue;
    const event = text === undefined ? problem ?? "unreadable" : eventIn(text);
    if (typeof event === "string") {
      onUnusable(sender, event);
      continue;
    }
    const received = receivedAt(event, { sender, nowMs, afterMs });
    afterMs = received.atMs;
    yield received;
  }
}

async function* linesOf(
  files: Files,
  paths: readonly string[],
): AsyncGenerator<Line, void, undefined> {
  for (const path of paths) yield* readLines(files, path, 0);
}

interface Moment {
  readonly sender: Handle;
  readonly nowMs: EpochMs;
  /** When the sender's message before it came. */
  readonly afterMs: EpochMs;
}

/** @returns undefined for a line that is no event */
export function receivedLine(text: string, moment: Moment): Received | undefined {
  const event = text.trim() === "" ? "" : eventIn(text);
  return typeof event === "string" ? undefined : receivedAt(event, moment);
}

function receivedAt(event: WireEvent, { sender, nowMs, afterMs }: Moment): Received {
  const claimed = instantMs(stringMember(event.value, "timestamp")) ?? afterMs;
  return { sender, event, atMs: Math.max(afterMs, Math.min(claimed, nowMs)) };
}

/** @returns what is wrong with the line, if it is no event */
function eventIn(text: string): WireEvent | string {
  try {
    return parseEvent(text);
  } catch (error) {
    if (error instanceof WireError) return error.message;
    throw error;
  }
}
