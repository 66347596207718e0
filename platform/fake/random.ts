/** Reproducible bytes: the same seed gives the same sequence. Never for anything but tests. */
import { createHash } from "node:crypto";
import type { Random } from "../random.ts";

export class FakeRandom implements Random {
  #counter = 0;
  #buffer: Uint8Array = new Uint8Array(0);

  constructor(readonly seed: string = "seed") {}

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      if (this.#buffer.length === 0) this.#buffer = this.#block();
      const part = this.#buffer.subarray(0, length - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#buffer = this.#buffer.subarray(part.length);
    }
    return bytes;
  }

  #block(): Uint8Array {
    return createHash("sha256").update(`${this.seed}/${this.#counter++}`).digest();
  }
}
