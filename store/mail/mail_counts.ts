/** How much stands in the mail files, for `status`: nothing is changed, no lock is taken. */
import type { Files } from "../../platform/files.ts";
import { handlesOf, mailFile } from "./mail_paths.ts";

export interface MailCount {
  readonly files: number;
  /** Lines that are not blank. */
  readonly events: number;
}

const CHUNK_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;
const BLANK = new Set([0x20, 0x09, 0x0d]);

/** @param directory of `<handle>.jsonl` files: the inbox or the outbox */
export async function countMail(files: Files, directory: string): Promise<MailCount> {
  const peers = handlesOf(await files.list(directory));
  let events = 0;
  for (const peer of peers) events += await countLines(files, mailFile(directory, peer));
  return { files: peers.length, events };
}

/** Only bytes are looked at: an outbox holds everything ever sent. */
async function countLines(files: Files, file: string): Promise<number> {
  let count = 0;
  let isBlank = true;
  for (let offset = 0;;) {
    const chunk = await files.readAt(file, offset, CHUNK_BYTES);
    if (chunk.length === 0) return count + (isBlank ? 0 : 1);
    offset += chunk.length;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? LINE_FEED;
      if (byte === LINE_FEED) {
        if (!isBlank) count++;
        isBlank = true;
      } else if (isBlank && !BLANK.has(byte)) {
        isBlank = false;
        // The rest of this line says nothing more.
        const feed = chunk.indexOf(LINE_FEED, at);
        at = (feed === -1 ? chunk.length : feed) - 1;
      }
    }
  }
}
