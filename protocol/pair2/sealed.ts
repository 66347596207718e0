/**
 * Sealing of pair/2: ChaCha20-Poly1305 bound to the transcript, nonce in front.
 * See docs/protocol/extensions.md §10.
 */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concat } from "../pairing/bytes.ts";

export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

export interface SealingKey {
  /** 32 bytes, of one side and one purpose. */
  readonly key: Uint8Array;
  /** Associated data. */
  readonly th: Uint8Array;
}

/** @param nonce 12 random bytes; for one key only with one plaintext @returns nonce ‖ box */
export const sealBound = (
  { key, th }: SealingKey,
  nonce: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array => concat(nonce, chacha20poly1305(key, nonce, th).encrypt(plaintext));

/** @returns undefined if it was not sealed under that key and transcript */
export function openBound({ key, th }: SealingKey, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const cipher = chacha20poly1305(key, sealed.subarray(0, NONCE_BYTES), th);
  try {
    return cipher.decrypt(sealed.subarray(NONCE_BYTES));
  } catch {
    // The lengths are right, so the tag is what did not fit.
    return undefined;
  }
}
