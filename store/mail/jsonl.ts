/**
 * Reading files of one JSON value per line that others append to meanwhile, without a lock.
 * A line counts once its line feed is there: a tail without one is still being written.
 */
import type { Files } from "../../platform/files.ts";

/** Four times the largest event that a relay takes: docs/protocol/relay.md §6. */
export const MAX_LINE_BYTES = 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;

export interface Line {
  /** Where it starts, in bytes from the start of the file. */
  readonly offset: number;
  /** After its line feed. */
  readonly end: number;
  /** Without its line feed; undefined when it cannot be text: see `problem`. */
  readonly text: string | undefined;
  readonly problem?: string;
}

/**
 * The complete lines from `from` on, as far as the file reaches now.
 * @param from where a line starts, in bytes
 */
export async function* readLines(
  files: Files,
  path: string,
  from: number,
): AsyncGenerator<Line, void, undefined> {
  let pending: Uint8Array = new Uint8Array(0);
  let lineStart = from;
  let readUpTo = from;
  for (;;) {
    const chunk = await files.readAt(path, readUpTo, CHUNK_BYTES);
    if (chunk.length === 0) return;
    readUpTo += chunk.length;
    let rest: Uint8Array = chunk;
    for (let feed = rest.indexOf(LINE_FEED); feed !== -1; feed = rest.indexOf(LINE_FEED)) {
      const end = readUpTo - rest.length + feed + 1;
      yield lineOf(joined(pending, rest.subarray(0, feed)), lineStart, end);
      pending = new Uint8Array(0);
      rest = rest.subarray(feed + 1);
      lineStart = end;
    }
    // Of a line that is too long only its length is of interest: one byte more than allowed says it.
    pending = joined(pending, rest).subarray(0, MAX_LINE_BYTES + 1);
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function lineOf(bytes: Uint8Array, offset: number, end: number): Line {
  if (bytes.length > MAX_LINE_BYTES) {
    return { offset, end, text: undefined, problem: `longer than ${MAX_LINE_BYTES} bytes` };
  }
  try {
    return { offset, end, text: decoder.decode(bytes) };
  } catch {
    return { offset, end, text: undefined, problem: "not UTF-8 text" };
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

/**
 * A member that is a string at the top of a line's object.
 * @returns undefined for anything else, also for a line that is torn: it does not parse
 */
export function topLevelString(text: string, member: string): string | undefined {
  if (!text.includes(`"${member}"`)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // a torn or foreign line says nothing about any event
  }
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, member)) {
    return undefined;
  }
  const found: unknown = Reflect.get(value, member);
  return typeof found === "string" ? found : undefined;
}
