/** Messages, one a line, from a stream of bytes: a line that is no text ends neither the others nor us. */
import type { InputMessage } from "../terminal.ts";
import type { ByteSource } from "./line_reader.ts";

const CHUNK_BYTES = 65_536;
const LINE_FEED = 0x0a;

/**
 * Lines until the end of input, the last one also without its end. A longer one than `maxBytes` is
 * passed over to its end; at most so much of it is in memory.
 */
export async function* messageLines(
  source: ByteSource,
  maxBytes: number,
): AsyncGenerator<InputMessage, void, undefined> {
  const line = new PartialLine(maxBytes);
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    const count = await source.read(chunk);
    if (count === null) break;
    let rest = chunk.subarray(0, count);
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
      line.add(rest.subarray(0, end));
      yield line.take();
      rest = rest.subarray(end + 1);
    }
    line.add(rest);
  }
  if (!line.isEmpty) yield line.take();
}

class PartialLine {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Copies: the caller reads into the same memory again. */
  add(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#length <= this.#maxBytes) this.#parts.push(bytes.slice());
    else this.#parts = [];
  }

  take(): InputMessage {
    const parts = this.#parts;
    const length = this.#length;
    this.#parts = [];
    this.#length = 0;
    if (length > this.#maxBytes) return { problem: `longer than ${this.#maxBytes} bytes` };
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    try {
      return { text: decoder.decode(joined(parts, length)) };
    } catch {
      return { problem: "not UTF-8 text" }; // all that the decoder's error says
    }
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
