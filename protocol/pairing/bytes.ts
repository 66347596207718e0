/** Byte strings joined and put in order, as the pairing hashes want them. */

import { joinBytes } from "../bytes.ts";

export const concat = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  joinBytes(parts);

/** Bytewise, the shorter first where one begins the other. */
export function inOrder(
  a: Uint8Array,
  b: Uint8Array,
): readonly [low: Uint8Array, high: Uint8Array] {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference < 0 ? [a, b] : [b, a];
  }
  return a.length <= b.length ? [a, b] : [b, a];
}
