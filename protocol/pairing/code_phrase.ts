/**
 * The code phrase that one operator reads out to the other, and the hash under which the two sides
 * meet on the relay. See docs/protocol/pairing.md §2 and §3.
 */
import { WireError } from "../errors.ts";
import { sha256Hex } from "../identity/encoding.ts";
import type { CodeHash, CodePhrase } from "../ids.ts";
import { quote } from "../json/quote.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const TOKEN_LENGTH = 6;
const HASH_LABEL = "wire/v1 code-phrase";

/** Random bytes that {@linkcode makeCodePhrase} takes: four for the digits, one for each letter. */
export const CODE_RANDOM_BYTES = 4 + TOKEN_LENGTH;

/** Unicode White_Space; `trim()` would keep U+0085 and remove U+FEFF. */
const OUTER_SPACE = /^\p{White_Space}+|\p{White_Space}+$/gu;

/**
 * @returns the trimmed phrase
 * @throws {WireError} usage, with the reference's text; lower case is refused
 */
export function parseCodePhrase(text: string): CodePhrase {
  const trimmed = text.replace(OUTER_SPACE, "");
  const dash = trimmed.indexOf("-");
  if (dash < 0) throw refused(`missing '-' separator: ${quote(trimmed)}`);
  const digits = trimmed.slice(0, dash);
  const token = trimmed.slice(dash + 1);
  if (!/^[0-9]{2}$/.test(digits)) {
    throw refused(`digits must be 2 ASCII digits, got ${quote(digits)}`);
  }
  const bytes = new TextEncoder().encode(token).length;
  if (bytes !== TOKEN_LENGTH) {
    throw refused(`token must be 6 chars, got ${bytes} (${quote(token)})`);
  }
  if (!/^[A-Z2-7]{6}$/.test(token)) throw refused(`token has non-base32 char: ${quote(token)}`);
  return trimmed as CodePhrase;
}

const refused = (problem: string): WireError =>
  new WireError("usage", `code phrase ${problem}`, {
    hint: "a code looks like 4821-apple-river-stone, or like 42-K7QX2M from pair-host --compat",
  });

/**
 * @param random {@linkcode CODE_RANDOM_BYTES} uniform bytes
 * @returns one of 100 · 2^30 phrases
 */
export function makeCodePhrase(random: Uint8Array): CodePhrase {
  if (random.length !== CODE_RANDOM_BYTES) {
    throw new RangeError(`expected ${CODE_RANDOM_BYTES} random bytes, got ${random.length}`);
  }
  const view = new DataView(random.buffer, random.byteOffset, random.byteLength);
  // 2^32 is no multiple of 100: the bias is below 2^-25, which no guesser can use.
  const digits = String(view.getUint32(0) % 100).padStart(2, "0");
  const token = Array.from(random.subarray(4), (byte) => ALPHABET.charAt(byte % 32)).join("");
  return `${digits}-${token}` as CodePhrase;
}

/** Lookup key at the relay, SPAKE2 identity and HKDF salt, always as these 64 characters. */
export const codeHash = (code: CodePhrase): CodeHash => sha256Hex(HASH_LABEL + code) as CodeHash;
