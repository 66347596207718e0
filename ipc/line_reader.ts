/** Lines out of a stream of bytes that may be cut anywhere. See docs/protocol/guard.md §3.1. */

export type Line =
  | { readonly tag: "line"; readonly text: string }
  | { readonly tag: "end" }
  | { readonly tag: "bad"; readonly why: string };

export interface ByteSource {
  /** @returns undefined at the end */
  read(): Promise<Uint8Array | undefined>;
}

export interface LineReaderOptions {
  /** A line that reaches this without a line feed is refused. */
  readonly maxBytes: number;
  /** Told how many bytes came for a line that is not complete; false: there is no room for them. */
  hold?(bytes: number): boolean;
}

const LINE_FEED = 0x0a;

export class LineReader {
  readonly #source: ByteSource;
  readonly #options: LineReaderOptions;
  /** Of the line that is not complete yet. */
  #parts: Uint8Array[] = [];
  #held = 0;
  #rest: Uint8Array | undefined;

  constructor(source: ByteSource, options: LineReaderOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** What ends without a line feed is a line, too, unless it is empty. After `bad`: nothing more. */
  async next(): Promise<Line> {
    for (;;) {
      const bytes = this.#rest ?? await this.#source.read();
      this.#rest = undefined;
      if (bytes === undefined) return this.#held === 0 ? { tag: "end" } : this.#finish();
      const end = bytes.indexOf(LINE_FEED);
      const part = end < 0 ? bytes : bytes.subarray(0, end);
      const { maxBytes, hold } = this.#options;
      if (this.#held + part.length >= maxBytes) {
        return { tag: "bad", why: `the line is longer than ${maxBytes - 1} bytes` };
      }
      if (hold?.(part.length) === false) {
        return { tag: "bad", why: "too many long requests at once" };
      }
      this.#parts.push(part);
      this.#held += part.length;
      if (end < 0) continue;
      if (end + 1 < bytes.length) this.#rest = bytes.subarray(end + 1);
      return this.#finish();
    }
  }

  #finish(): Line {
    const whole = new Uint8Array(this.#held);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#held = 0;
    try {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(whole);
      return { tag: "line", text: text.trimEnd() };
    } catch {
      return { tag: "bad", why: "the line is not UTF-8" };
    }
  }
}
