/** Lines and whole texts from a stream of bytes, bounded. */
import { WireError } from "../../protocol/errors.ts";

export interface ByteSource {
  /** @returns how many bytes were read, or null at the end */
  read(buffer: Uint8Array): Promise<number | null>;
}

const CHUNK_BYTES = 16_384;
/** A person's line; messages come through `readAll`. */
const MAX_LINE_BYTES = 65_536;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export class LineReader {
  readonly #source: ByteSource;
  #buffered: Uint8Array = new Uint8Array(0);
  #ended = false;
  /** A read cannot be called off: an aborted caller leaves it to the next one. */
  #pending: Promise<void> | undefined;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /**
   * @returns the line without its end, or undefined at the end of input
   * @throws the signal's reason, once it is aborted; what was typed stays for the next call
   */
  async readLine(signal?: AbortSignal): Promise<string | undefined> {
    for (let searched = 0;;) {
      signal?.throwIfAborted();
      const end = this.#buffered.indexOf(LINE_FEED, searched);
      if (end >= 0) return text(withoutReturn(this.#take(end + 1).subarray(0, end)));
      if (this.#ended) return this.#buffered.length > 0 ? text(this.#take()) : undefined;
      if (this.#buffered.length > MAX_LINE_BYTES) throw tooLong(MAX_LINE_BYTES);
      searched = this.#buffered.length;
      await this.#more(signal);
    }
  }

  /** @returns what has come, at least one character; undefined at the end of input */
  async readSome(): Promise<string | undefined> {
    while (this.#buffered.length === 0) {
      if (this.#ended) return undefined;
      await this.#more(undefined);
    }
    return new TextDecoder().decode(this.#take());
  }

  /** @throws {WireError} bad_input, beyond `maxBytes` or if not UTF-8 */
  async readAll(maxBytes: number): Promise<string> {
    while (!this.#ended) {
      if (this.#buffered.length > maxBytes) throw tooLong(maxBytes);
      await this.#more(undefined);
    }
    if (this.#buffered.length > maxBytes) throw tooLong(maxBytes);
    return text(this.#take());
  }

  #take(length: number = this.#buffered.length): Uint8Array {
    const taken = this.#buffered.subarray(0, length);
    this.#buffered = this.#buffered.subarray(length);
    return taken;
  }

  async #more(signal: AbortSignal | undefined): Promise<void> {
    this.#pending ??= this.#read().finally(() => this.#pending = undefined);
    if (signal === undefined) return await this.#pending;
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      await Promise.race([this.#pending, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async #read(): Promise<void> {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const count = await this.#source.read(chunk);
    if (count === null) {
      this.#ended = true;
      return;
    }
    const grown = new Uint8Array(this.#buffered.length + count);
    grown.set(this.#buffered);
    grown.set(chunk.subarray(0, count), this.#buffered.length);
    this.#buffered = grown;
  }
}

const withoutReturn = (line: Uint8Array): Uint8Array =>
  line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;

const tooLong = (maxBytes: number): WireError =>
  new WireError("bad_input", `Cannot read standard input: longer than ${maxBytes} bytes`);

function text(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new WireError("bad_input", "Cannot read standard input: not UTF-8 text", { cause });
  }
}
