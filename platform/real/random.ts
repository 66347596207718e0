/** The operating system's secure random source. */
import type { Random } from "../random.ts";

/** One call to the source gives at most this many bytes (Web Crypto's own limit). */
const MAX_BYTES_PER_CALL = 65_536;

export class RealRandom implements Random {
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let start = 0; start < length; start += MAX_BYTES_PER_CALL) {
      crypto.getRandomValues(bytes.subarray(start, start + MAX_BYTES_PER_CALL));
    }
    return bytes;
  }
}
