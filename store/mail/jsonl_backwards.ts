/** The complete lines of a file from its end, for whoever wants only the newest of a long history. */
import type { Files } from "../../platform/files.ts";
import { MAX_LINE_BYTES } from "./jsonl.ts";

const CHUNK_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A tail without a line feed is still being written, and left out.
 * @returns newest first; undefined for a line that cannot be text
 */
export async function* readLinesBackwards(
  files: Files,
  path: string,
): AsyncGenerator<string | undefined, void, undefined> {
  let start = (await files.stat(path))?.size ?? 0;
  /** What stands between `start` and the line feed that was found last. */
  let rest: Uint8Array = new Uint8Array(0);
  let restBytes = 0;
  let isTorn = true;
  while (start > 0) {
    const from = Math.max(0, start - CHUNK_BYTES);
    let chunk: Uint8Array = await files.readAt(path, from, start - from);
    start = from;
    for (let feed = chunk.lastIndexOf(LINE_FEED); feed !== -1;) {
      const head = chunk.subarray(feed + 1);
      if (!isTorn) yield lineIn(head, rest, restBytes);
      isTorn = false;
      rest = new Uint8Array(0);
      restBytes = 0;
      chunk = chunk.subarray(0, feed);
      feed = chunk.lastIndexOf(LINE_FEED);
    }
    restBytes += chunk.length;
    if (restBytes <= MAX_LINE_BYTES && !isTorn) rest = joined(chunk, rest);
  }
  if (!isTorn) yield lineIn(new Uint8Array(0), rest, restBytes);
}

/** @param restBytes more than `rest` has when the line is too long to be one */
function lineIn(head: Uint8Array, rest: Uint8Array, restBytes: number): string | undefined {
  if (head.length + restBytes > MAX_LINE_BYTES) return undefined;
  try {
    return decoder.decode(joined(head, rest));
  } catch {
    return undefined; // not UTF-8: as for every reader of these files, no line
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
