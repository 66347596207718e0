/**
 * The six digits that the operators compare. They commit to the SPAKE2 key and to nothing else.
 * See docs/protocol/pairing.md §6 and §7.
 */
import { timingSafeEqual } from "node:crypto";
import { sha256 } from "../identity/encoding.ts";
import { concat, inOrder } from "./bytes.ts";

const LABEL = new TextEncoder().encode("wire/v1 sas");
const KEY_BYTES = 32;
export const SAS_DIGITS = 6;

/**
 * @param key SPAKE2 key, 32 bytes
 * @returns six digits as stored, without a dash
 * @throws {RangeError} if the key has another length
 */
export function sasDigits(key: Uint8Array): string {
  if (key.length !== KEY_BYTES) throw new RangeError(`expected 32 bytes, got ${key.length}`);
  return sasOver(key, key.subarray(0, 16), key.subarray(16));
}

/** The same over two other byte strings in place of the key's halves; in either order. */
export function sasOver(key: Uint8Array, a: Uint8Array, b: Uint8Array): string {
  const hash = sha256(concat(LABEL, key, ...inOrder(a, b)));
  const number = new DataView(hash.buffer, hash.byteOffset + 28, 4).getUint32(0);
  return String(number % 1_000_000).padStart(SAS_DIGITS, "0");
}

/** `ddd-ddd`, as shown. */
export const displaySas = (digits: string): string => `${digits.slice(0, 3)}-${digits.slice(3)}`;

export const isSasDigits = (text: unknown): text is string =>
  typeof text === "string" && /^[0-9]{6}$/.test(text);

export type TypedDigits =
  | { readonly tag: "equal" }
  | { readonly tag: "wrong_count"; readonly count: number }
  | { readonly tag: "different" };

/**
 * What somebody typed against the digits of this side. Everything but ASCII digits is dropped first,
 * and the comparison takes the same time wherever the first difference is.
 */
export function checkTypedDigits(typed: string, digits: string): TypedDigits {
  const kept = typed.replace(/[^0-9]/g, "");
  if (kept.length !== SAS_DIGITS) return { tag: "wrong_count", count: kept.length };
  const encoder = new TextEncoder();
  const equal = isSasDigits(digits) &&
    timingSafeEqual(encoder.encode(kept), encoder.encode(digits));
  return { tag: equal ? "equal" : "different" };
}
