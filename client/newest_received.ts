/**
 * The newest received messages of several senders, in the order of `inOrder`, reading the files from
 * their ends: what that costs does not grow with what was received before.
 */
import type { Files } from "../platform/files.ts";
import type { EpochMs } from "../protocol/ids.ts";
import { readLinesBackwards } from "../store/mail/jsonl_backwards.ts";
import { compareReceived, type InboxFile, type Received, receivedLine } from "./inbox_order.ts";

export interface NewestOptions {
  readonly files: Files;
  readonly nowMs: EpochMs;
  readonly limit: number;
  isWanted(received: Received): boolean;
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

async function newestOf(
  { sender, path }: InboxFile,
  { files, nowMs, limit, isWanted }: NewestOptions,
): Promise<Received[]> {
  const texts: string[] = [];
  let wanted = 0;
  for await (const text of readLinesBackwards(files, path)) {
    if (text === undefined) continue;
    texts.push(text);
    const received = receivedLine(text, { sender, nowMs, afterMs: 0 });
    if (received !== undefined && isWanted(received) && ++wanted === limit) break;
  }
  const found: Received[] = [];
  let afterMs: EpochMs = 0;
  for (const text of texts.toReversed()) {
    const received = receivedLine(text, { sender, nowMs, afterMs });
    if (received === undefined) continue;
    afterMs = received.atMs;
    if (isWanted(received)) found.push(received);
  }
  return found;
}
