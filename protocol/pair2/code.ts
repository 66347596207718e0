/**
 * The code that one operator reads out to the other: `<nameplate>-<word>-<word>-<word>`. The
 * nameplate says where to meet at the relay; the words are the password and go nowhere.
 * See docs/protocol/extensions.md §10.
 */
import { WireError } from "../errors.ts";
import { completeWord, isWord } from "./words.ts";

export interface Pair2Code {
  /** Four or five digits. */
  readonly nameplate: string;
  /** Three or four, whole and in lower case; secret until the pairing is over. */
  readonly words: readonly string[];
}

const SEPARATORS = /[\s\p{Pd}_.,:;/+]+/u;
const MIN_WORDS = 3;
const MAX_WORDS = 4;
/** A code has less than 60 characters; more than this is something else. */
const MAX_TEXT = 256;

export const isNameplate = (text: unknown): text is string =>
  typeof text === "string" && /^[0-9]{4,5}$/.test(text);

/** Whether these are the words of a code. */
export const areCodeWords = (words: readonly string[]): boolean =>
  words.length >= MIN_WORDS && words.length <= MAX_WORDS && words.every(isWord);

/**
 * Tells the two forms of codes apart: one of 0.5.19 has two digits before six characters. What has
 * neither form is for the reader of the old form to complain about.
 */
export function isPair2Shape(text: string): boolean {
  const [first = "", second = ""] = partsOf(text);
  return isNameplate(first) && /^[a-z]/i.test(second);
}

/**
 * Forgives case, separators and everything behind a word's first four letters that is still part of
 * the word.
 * @throws {WireError} usage; the message names the place and never a word
 */
export function parsePair2Code(text: string): Pair2Code {
  const [nameplate = "", ...typed] = partsOf(text);
  if (!isNameplate(nameplate)) {
    throw refused("expected it to begin with a number of four or five digits");
  }
  if (typed.length < MIN_WORDS || typed.length > MAX_WORDS) {
    throw refused(`expected three or four words behind the number, got ${typed.length}`);
  }
  const words = typed.map((part, at) => {
    const word = completeWord(part);
    if (word === undefined) {
      throw refused(`word ${at + 1} is not in the list, or has fewer than four letters`);
    }
    return word;
  });
  return { nameplate, words };
}

/** As shown: `4821-apple-river-stone`. */
export const formatPair2Code = ({ nameplate, words }: Pair2Code): string =>
  [nameplate, ...words].join("-");

/** The SPAKE2 password. */
export const passwordOf = (words: readonly string[]): Uint8Array =>
  new TextEncoder().encode(words.join("-"));

const partsOf = (text: string): string[] =>
  text.slice(0, MAX_TEXT).split(SEPARATORS).filter((part) => part !== "");

const refused = (problem: string): WireError =>
  new WireError("usage", `Cannot read pairing code: ${problem}`, {
    hint: "a code looks like 4821-apple-river-stone, or like 42-K7QX2M from pair-host --compat; " +
      "left out, it is asked for, and Tab completes words",
  });
