/**
 * The words of pair/2 codes: the English list of BIP-39, 2,048 words that differ in their first four
 * letters. The list comes from the npm package `@scure/bip39` (MIT), which has it from
 * https://github.com/bitcoin/bips/blob/master/bip-0039/english.txt (MIT).
 * See docs/protocol/extensions.md §10.
 */
import { wordlist } from "@scure/bip39/wordlists/english.js";

/** In alphabetical order. */
export const WORDS: readonly string[] = wordlist;
const KNOWN: ReadonlySet<string> = new Set(WORDS);
/** So many letters name one word. */
const ENOUGH_LETTERS = 4;
/** Random bytes that one word takes. */
export const BYTES_PER_WORD = 2;

/** @returns the words that begin so, in any case: what Tab offers; [] for an empty text */
export function completions(text: string): readonly string[] {
  const prefix = text.toLowerCase();
  return prefix === "" ? [] : WORDS.filter((word) => word.startsWith(prefix));
}

/** @returns the word that was meant: a whole one, or its first four letters or more; in any case */
export function completeWord(text: string): string | undefined {
  const typed = text.toLowerCase();
  if (KNOWN.has(typed)) return typed;
  return typed.length < ENOUGH_LETTERS ? undefined : completions(typed)[0];
}

export const isWord = (text: string): boolean => KNOWN.has(text);

/** @param random {@linkcode BYTES_PER_WORD} uniform bytes a word @throws {RangeError} an odd number */
export function drawWords(random: Uint8Array): string[] {
  if (random.length % BYTES_PER_WORD !== 0) {
    throw new RangeError(`expected an even number of random bytes, got ${random.length}`);
  }
  const view = new DataView(random.buffer, random.byteOffset, random.byteLength);
  const words: string[] = [];
  for (let at = 0; at < random.length; at += BYTES_PER_WORD) {
    // 2^16 is a multiple of the list's length, so every word is as likely as any other.
    words.push(WORDS[view.getUint16(at) % WORDS.length] ?? "");
  }
  return words;
}
