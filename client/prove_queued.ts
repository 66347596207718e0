/** Before `queued` is said: the message is read back from where it was written. */
import { writeFailed } from "../platform/file_errors.ts";
import type { Files } from "../platform/files.ts";
import type { WireEvent } from "../protocol/event/event.ts";
import { readLines } from "../store/mail/jsonl.ts";

/** More than others can append between our write and this look. */
const LATER_APPENDS_BYTES = 1024 * 1024;

/** @throws {WireError} write_failed, if the line is not there */
export async function proveQueued(files: Files, path: string, event: WireEvent): Promise<void> {
  const size = (await files.stat(path))?.size ?? 0;
  const from = Math.max(0, size - event.text.length * 4 - LATER_APPENDS_BYTES);
  for await (const line of readLines(files, path, from)) {
    if (line.text === event.text) return;
  }
  throw writeFailed(path, "the message is not there after it was written");
}
