/**
 * Typing a pairing code: what each key does to the line. Tab completes a word as far as it is clear,
 * and shows the words that it may be. See docs/protocol/extensions.md §10.
 */
import { completions } from "../../protocol/pair2/words.ts";

export interface Typed {
  readonly line: string;
  readonly end?: "entered" | "cancelled" | "left";
  /** Words that the last one may be. */
  readonly words?: readonly string[];
}

const TAB = "\t";
const ESCAPE = "\u001b";
const CANCEL = "\u0003";
const END_OF_INPUT = "\u0004";
const CLEAR = "\u0015";
const ERASE = new Set(["\u0008", "\u007f"]);
/** More are no help. */
const MAX_SHOWN = 24;
/** A code has less than 60 characters. */
const MAX_LINE = 256;

/** @param keys what came at once; a sequence of an arrow or function key changes nothing */
export function typed(line: string, keys: string): Typed {
  if (keys.startsWith(ESCAPE)) return { line };
  let state: Typed = { line };
  for (const key of keys) {
    state = pressed(state.line, key);
    if (state.end !== undefined) return state;
  }
  return state;
}

function pressed(line: string, key: string): Typed {
  if (key === "\r" || key === "\n") return { line, end: "entered" };
  if (key === CANCEL) return { line, end: "cancelled" };
  if (key === END_OF_INPUT) return line === "" ? { line, end: "left" } : { line };
  if (key === CLEAR) return { line: "" };
  if (ERASE.has(key)) return { line: line.slice(0, -1) };
  if (key === TAB) return completed(line);
  return { line: key >= " " && line.length < MAX_LINE ? line + key : line };
}

function completed(line: string): Typed {
  const prefix = line.match(/[a-z]+$/i)?.[0] ?? "";
  const words = completions(prefix);
  const [only] = words;
  if (only === undefined) return { line };
  const common = commonStart(words);
  const done = line.slice(0, line.length - prefix.length) + common;
  if (words.length === 1) return { line: done + separator(done) };
  return common.length > prefix.length || words.length > MAX_SHOWN
    ? { line: done }
    : { line: done, words };
}

/** Between words; behind the third it is not known whether there is a fourth. */
const separator = (line: string): string => line.split("-").length < 4 ? "-" : "";

function commonStart(words: readonly string[]): string {
  const [first = ""] = words;
  let length = first.length;
  while (!words.every((word) => word.startsWith(first.slice(0, length)))) length--;
  return first.slice(0, length);
}
