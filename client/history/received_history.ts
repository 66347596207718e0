/**
 * Received messages of the inbox and of the archive, as one history: no more of the archive is read than
 * was asked for. See docs/mail.md, "Room".
 */
import type { Files } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import { parseEvent, type WireEvent } from "../../protocol/event/event.ts";
import type { EpochMs, Handle } from "../../protocol/ids.ts";
import { stringMember } from "../../protocol/json/value.ts";
import { instantMs } from "../../protocol/text/instant.ts";
import { type ArchivedMonth, monthOf } from "../../store/mail/archived_months.ts";
import { readLinesBackwards } from "../../store/mail/jsonl_backwards.ts";
import type { ReceivedFiles } from "../../store/mail/received_files.ts";
import type { InboxFile, Received } from "./inbox_order.ts";
import { type NewestOptions, newestReceived } from "./newest_received.ts";

/** The inbox files alone. */
export const inboxOnly = (all: readonly ReceivedFiles[]): InboxFile[] =>
  all.map(({ sender, inbox }) => ({ sender, paths: [inbox] }));

export const wholeHistory = (all: readonly ReceivedFiles[]): InboxFile[] =>
  all.map((one) => ({ sender: one.sender, paths: pathsFrom(one, "") }));

/** Who has said nothing for so long that is shown, receipts apart, need not be read back any further. */
const MOST_OLDER_LINES = 10_000;

/**
 * The newest messages, oldest first. The archive is looked into only where the inboxes have not as many,
 * and for months in which somebody's archived message is newer than what the inboxes of others have.
 */
export async function newestOfHistory(
  all: readonly ReceivedFiles[],
  options: NewestOptions,
): Promise<Received[]> {
  const newest = await newestReceived(inboxOnly(all), options);
  const oldest = newest.length < options.limit ? undefined : newest[0];
  const first = oldest === undefined ? "" : monthOf(oldest.atMs);
  if (!all.some(({ months }) => months.some(({ month }) => month >= first))) return newest;
  const files = all.map((one) => ({ sender: one.sender, paths: pathsFrom(one, first) }));
  // A line is cheap where its text says that it is not wanted.
  const mostOlder = options.mayBe === undefined ? MOST_OLDER_LINES : Infinity;
  return await newestReceived(files, { ...options, mostOlder });
}

/**
 * The files in which what came after that message stands, itself included.
 * @returns undefined if nobody has sent it
 */
export async function historySince(
  all: readonly ReceivedFiles[],
  id: string,
  { files, nowMs }: { readonly files: Files; readonly nowMs: EpochMs },
): Promise<InboxFile[] | undefined> {
  const found = await findReceived(files, all, id);
  if (found === undefined) return undefined;
  const claimed = instantMs(stringMember(found.event.value, "timestamp")) ?? 0;
  const month = monthOf(Math.min(claimed, nowMs));
  return all.map((one) => {
    const isItsOwn = one.sender === found.sender;
    if (isItsOwn && found.month === undefined) return { sender: one.sender, paths: [one.inbox] };
    return { sender: one.sender, paths: pathsFrom(one, isItsOwn ? found.month ?? "" : month) };
  });
}

export interface FoundReceived {
  readonly sender: Handle;
  readonly event: WireEvent;
  readonly path: string;
  /** Of an archived one. */
  readonly month?: string;
}

/** Inbox files before archived ones, each from its end: what is looked for is mostly new. */
export async function findReceived(
  files: Files,
  all: readonly ReceivedFiles[],
  id: string,
): Promise<FoundReceived | undefined> {
  const months = all.flatMap(({ months }) => months).sort(newestMonthFirst);
  const places = [
    ...all.map(({ sender, inbox }) => ({ sender, path: inbox })),
    ...months.map(({ peer, month, path }) => ({ sender: peer, path, month })),
  ];
  for (const place of places) {
    const event = await findEvent(files, place.path, id);
    if (event !== undefined) return { ...place, event };
  }
  return undefined;
}

/** The last event of the file with that id. */
export async function findEvent(
  files: Files,
  path: string,
  id: string,
): Promise<WireEvent | undefined> {
  for await (const event of eventsWith(files, path, id)) if (event.id === id) return event;
  return undefined;
}

/** Events of a file with that text anywhere in them, the newest first; no other line is parsed. */
export async function* eventsWith(
  files: Files,
  path: string,
  text: string,
): AsyncGenerator<WireEvent, void, undefined> {
  for await (const line of readLinesBackwards(files, path)) {
    const event = line?.includes(text) === true ? eventIn(line) : undefined;
    if (event !== undefined) yield event;
  }
}

const newestMonthFirst = (one: ArchivedMonth, other: ArchivedMonth): number =>
  one.month < other.month ? 1 : one.month > other.month ? -1 : 0;

const pathsFrom = ({ months, inbox }: ReceivedFiles, first: string): readonly string[] => [
  ...months.filter(({ month }) => month >= first).map(({ path }) => path),
  inbox,
];

function eventIn(text: string): WireEvent | undefined {
  try {
    return parseEvent(text);
  } catch (error) {
    if (error instanceof WireError) return undefined; // told by tail; here it is only not the one
    throw error;
  }
}
