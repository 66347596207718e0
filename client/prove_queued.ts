/** Before `queued` is said: the message is read back from where it was written. */
import { writeFailed } from "../platform/file_errors.ts";
import type { Files } from "../platform/files.ts";
import { utf8Length } from "../protocol/json/parse.ts";
import { readLines } from "../store/mail/jsonl.ts";
import type { Enqueued } from "../store/mail/outbox.ts";

/** More than others can append between our write and this look. */
const LATER_APPENDS_BYTES = 1024 * 1024;

/** @throws {WireError} write_failed, if the line is not there */
export async function proveQueued(
  files: Files,
  { path, event, offset }: Extract<Enqueued, { tag: "queued" }>,
): Promise<void> {
  const length = utf8Length(event.text);
  const there = await files.readAt(path, offset, length + 1);
  if (new TextDecoder().decode(there) === `${event.text}\n`) return;
  // Somebody else appended at the same moment.
  const size = (await files.stat(path))?.size ?? 0;
  const from = Math.max(0, size - length - LATER_APPENDS_BYTES);
  for await (const line of readLines(files, path, from)) {
    if (line.text === event.text) return;
  }
  throw writeFailed(path, "the message is not there after it was written");
}
