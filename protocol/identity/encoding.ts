/** Hashes and the two text forms of bytes. See docs/protocol/identity-and-events.md §1. */
import { hash } from "node:crypto";

/** @returns 32 bytes; a string is hashed as UTF-8 */
export const sha256 = (data: string | Uint8Array): Uint8Array =>
  Uint8Array.fromHex(sha256Hex(data));

/** @returns 64 lower-case hex digits; in one call, which costs half of what a Hash object does */
export const sha256Hex = (data: string | Uint8Array): string => hash("sha256", data, "hex");

/** Lower-case hex. */
export const hex = (bytes: Uint8Array): string => bytes.toHex();

/** Standard alphabet with padding. */
export const toBase64 = (bytes: Uint8Array): string => bytes.toBase64();

/**
 * Strict: no missing padding, no URL-safe alphabet, no whitespace, no stray trailing bits.
 * @returns undefined if the text is not exactly what {@linkcode toBase64} makes
 */
export function fromBase64Strict(text: string): Uint8Array | undefined {
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  } catch {
    // A SyntaxError is the decoder's way of saying no.
    return undefined;
  }
  // The decoder passes over whitespace; then the text is longer than the bytes need.
  return text.length === 4 * Math.ceil(bytes.length / 3) ? bytes : undefined;
}
