/** Fixed-size names for what is deduplicated: 32 bytes for an id, 16 for the bytes behind it. */
import { sha256Hex } from "../../protocol/identity/encoding.ts";

export const KEY_BYTES = 32;
export const DIGEST_BYTES = 16;

/** The 64 lower-case hex digits that are a hash; they are kept as the 32 bytes that they are. */
export const isHashId = (id: string): boolean => /^[0-9a-f]{64}$/.test(id);

/**
 * @returns 32 bytes. Another id than a hash is hashed behind a prefix that no event text begins
 * with, so that it cannot be made to meet a real one.
 */
export function keyOf(id: string): Uint8Array {
  if (isHashId(id)) return Uint8Array.fromHex(id);
  return Uint8Array.fromHex(sha256Hex(`wire event id ${id}`));
}

/** @returns the first 16 bytes of the SHA-256 of a stored form */
export const digestBytes = (body: Uint8Array): Uint8Array =>
  Uint8Array.fromHex(sha256Hex(body).slice(0, 2 * DIGEST_BYTES));
