/** The process's standard streams. */
import { WireError } from "../../protocol/errors.ts";
import type { Env } from "../env.ts";
import type { InputMessage, InputStream, Keys, OutputStream, Terminal } from "../terminal.ts";
import { LineReader } from "./line_reader.ts";
import { messageLines } from "./message_lines.ts";

const RAW = true;
const COOKED = false;

interface OutputHandle {
  write(bytes: Uint8Array): Promise<number>;
  isTerminal(): boolean;
}

export class RealOutput implements OutputStream {
  readonly #handle: OutputHandle;

  constructor(handle: OutputHandle) {
    this.#handle = handle;
  }

  get isTerminal(): boolean {
    return this.#handle.isTerminal();
  }

  get columns(): number | undefined {
    if (!this.isTerminal) return undefined;
    try {
      return Deno.consoleSize().columns || undefined;
    } catch {
      return undefined; // a terminal that does not know its size
    }
  }

  async write(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    try {
      for (let written = 0; written < bytes.length;) {
        written += await this.#handle.write(bytes.subarray(written));
      }
    } catch (cause) {
      if (cause instanceof Deno.errors.BrokenPipe) {
        throw new WireError("interrupted", "Cannot write output: the pipe is closed", { cause });
      }
      throw new WireError("write_failed", "Cannot write output", { cause });
    }
  }
}

export class RealInput implements InputStream {
  #lines: LineReader | undefined;

  get isTerminal(): boolean {
    return Deno.stdin.isTerminal();
  }

  readLine(signal?: AbortSignal): Promise<string | undefined> {
    return this.#reader.readLine(signal);
  }

  readAll(maxBytes: number): Promise<string> {
    return this.#reader.readAll(maxBytes);
  }

  messages(maxBytes: number): AsyncIterable<InputMessage> {
    return messageLines(Deno.stdin, maxBytes);
  }

  keys(): Keys {
    const reader = this.#reader;
    Deno.stdin.setRaw(RAW);
    return {
      next: () => reader.readSome(),
      [Symbol.dispose]: () => Deno.stdin.setRaw(COOKED),
    };
  }

  get #reader(): LineReader {
    this.#lines ??= new LineReader(Deno.stdin);
    return this.#lines;
  }
}

export class RealTerminal implements Terminal {
  readonly stdin: InputStream = new RealInput();
  readonly stdout: OutputStream = new RealOutput(Deno.stdout);
  readonly stderr: OutputStream = new RealOutput(Deno.stderr);

  constructor(readonly env: Env) {}

  colour(stream: "stdout" | "stderr"): boolean {
    return mayColour(this[stream], this.env);
  }
}

/** A terminal, no NO_COLOR (https://no-color.org: set and not empty), and TERM not dumb. */
export const mayColour = (stream: { readonly isTerminal: boolean }, env: Env): boolean =>
  stream.isTerminal && !env.get("NO_COLOR") && env.get("TERM") !== "dumb";
