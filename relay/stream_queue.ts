/**
 * What waits to be written to one stream: bounded in bytes, ended from either side. Written out by
 * hand rather than as a generator, because the end of a generator waits for its pending value.
 */
export class StreamQueue implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  readonly #ended = new AbortController();
  #bytes = 0;
  #waiting: ((result: IteratorResult<Uint8Array>) => void) | undefined;

  constructor(readonly maxBytes: number) {}

  /** Aborts when the stream ends, whoever ends it. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** A reader that lags too far behind is cut: it catches up by polling. */
  push(chunk: Uint8Array): void {
    if (this.ended.aborted) return;
    if (this.#waiting !== undefined) {
      this.#waiting({ done: false, value: chunk });
      this.#waiting = undefined;
      return;
    }
    if (this.#bytes + chunk.length > this.maxBytes) return this.end();
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** What is queued is still delivered. */
  end(): void {
    this.#ended.abort();
    this.#waiting?.({ done: true, value: undefined });
    this.#waiting = undefined;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#bytes -= chunk.length;
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.ended.aborted) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting = resolve);
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.#chunks.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
