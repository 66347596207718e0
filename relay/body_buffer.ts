/**
 * A request body as it arrives, in one piece of memory. A list of chunks would cost hundreds of
 * bytes for each, and whoever sends decides that each is one byte.
 */
export class BodyBuffer {
  #bytes: Uint8Array = new Uint8Array();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @param chunk is taken over if it is the first */
  push(chunk: Uint8Array): void {
    if (this.#length === 0) this.#bytes = chunk;
    else {
      const length = this.#length + chunk.length;
      if (length > this.#bytes.length) this.#grow(length);
      this.#bytes.set(chunk, this.#length);
    }
    this.#length += chunk.length;
  }

  /** What came so far; to be called last. */
  whole(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Lets the memory go. */
  drop(): void {
    this.#bytes = new Uint8Array();
    this.#length = 0;
  }

  #grow(length: number): void {
    const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length, SMALLEST));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

const SMALLEST = 256;
