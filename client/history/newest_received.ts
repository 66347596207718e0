/**
 * The newest received messages of several senders, in the order of `inOrder`, reading the files from
 * their ends: what that costs does not grow with what was received before.
 */
import type { Files } from "../../platform/files.ts";
import type { EpochMs } from "../../protocol/ids.ts";
import { readLinesBackwards } from "../../store/mail/jsonl_backwards.ts";
import { compareReceived, type InboxFile, type Received, receivedLine } from "./inbox_order.ts";

export interface NewestOptions {
  readonly files: Files;
  readonly nowMs: EpochMs;
  readonly limit: number;
  /** Lines of which it says no are passed over unread, and the order goes without them. */
  mayBe?(text: string): boolean;
  isWanted(received: Received): boolean;
  /** Lines that are looked at of what a sender has before its last file. */
  readonly mostOlder?: number;
}

/** Oldest first. Lines that are no events are passed over. */
export async function newestReceived(
  inboxes: readonly InboxFile[],
  options: NewestOptions,
): Promise<Received[]> {
  const all: Received[] = [];
  for (const inbox of inboxes) all.push(...await newestOf(inbox, options));
  // Each sender's own are in order, and a sort keeps what compares equal as it stands.
  return all.sort(compareReceived).slice(-options.limit);
}

interface Wanted {
  readonly received: Received;
  /** When the last of those came that stand before it and are not wanted. */
  afterMs: EpochMs;
}

/** In memory are no more than `limit`, however far back they stand. */
async function newestOf(
  { sender, paths }: InboxFile,
  { files, nowMs, limit, mayBe, isWanted, mostOlder = Infinity }: NewestOptions,
): Promise<Received[]> {
  const newestFirst: Wanted[] = [];
  let older = 0;
  reading: for (const path of paths.toReversed()) {
    for await (const text of readLinesBackwards(files, path)) {
      if (path !== paths.at(-1) && ++older > mostOlder) break reading;
      if (text === undefined || mayBe?.(text) === false) continue;
      const received = receivedLine(text, { sender, nowMs, afterMs: 0 });
      if (received === undefined) continue;
      const last = newestFirst.at(-1);
      if (isWanted(received)) {
        if (newestFirst.push({ received, afterMs: 0 }) === limit) break reading;
      } else if (last !== undefined) last.afterMs = Math.max(last.afterMs, received.atMs);
    }
  }
  const found: Received[] = [];
  let atMs: EpochMs = 0;
  for (const { received, afterMs } of newestFirst.toReversed()) {
    atMs = Math.max(atMs, afterMs, received.atMs);
    found.push({ ...received, atMs });
  }
  return found;
}
