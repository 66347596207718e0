/** Standard streams in memory: a test types, and reads what was printed. */
import { WireError } from "../../protocol/errors.ts";
import type { InputMessage, InputStream, Keys, OutputStream, Terminal } from "../terminal.ts";

export class FakeOutput implements OutputStream {
  isTerminal = false;
  columns: number | undefined = undefined;
  /** Everything written so far. */
  text = "";
  /** Set to make each write fail as a closed pipe does. */
  closed = false;
  readonly #watchers = new Set<() => void>();

  write(text: string): Promise<void> {
    if (this.closed) {
      return Promise.reject(
        new WireError("interrupted", "Cannot write output: the pipe is closed"),
      );
    }
    this.text += text;
    for (const watcher of [...this.#watchers]) watcher();
    return Promise.resolve();
  }

  /** Resolves as soon as the text written so far matches. */
  until(pattern: RegExp): Promise<RegExpMatchArray> {
    const { promise, resolve } = Promise.withResolvers<RegExpMatchArray>();
    const look = () => {
      const match = this.text.match(pattern);
      if (match === null) return;
      this.#watchers.delete(look);
      resolve(match);
    };
    this.#watchers.add(look);
    look();
    return promise;
  }
}

export class FakeInput implements InputStream {
  isTerminal = false;
  #text = "";
  #ended = false;
  #wake: () => void = () => {};

  /** Adds to what can be read. */
  type(text: string): void {
    this.#text += text;
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async readLine(signal?: AbortSignal): Promise<string | undefined> {
    signal?.throwIfAborted();
    while (!this.#text.includes("\n") && !this.#ended) await this.#more(signal);
    const line = this.#text.match(/^([^\n]*?)(\r?\n|$)/);
    this.#text = this.#text.slice(line?.[0].length ?? 0);
    return line?.[0] === "" ? undefined : line?.[1];
  }

  async readAll(maxBytes: number): Promise<string> {
    while (!this.#ended) await this.#more(undefined);
    const text = this.#text;
    this.#text = "";
    if (new TextEncoder().encode(text).length > maxBytes) {
      throw new WireError("bad_input", `Cannot read standard input: longer than ${maxBytes} bytes`);
    }
    return text;
  }

  async *messages(_maxBytes: number): AsyncGenerator<InputMessage, void, undefined> {
    for (let line = await this.readLine(); line !== undefined; line = await this.readLine()) {
      yield { text: line };
    }
  }

  keys(): Keys {
    const next = async (): Promise<string | undefined> => {
      while (this.#text === "" && !this.#ended) await this.#more(undefined);
      const text = this.#text;
      this.#text = "";
      return text === "" ? undefined : text;
    };
    return { next, [Symbol.dispose]: () => undefined };
  }

  async #more(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => reject(signal?.reason);
    this.#wake = resolve;
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }
}

/** Neither a terminal nor coloured unless the test says so. */
export class FakeTerminal implements Terminal {
  readonly stdin: FakeInput = new FakeInput();
  readonly stdout: FakeOutput = new FakeOutput();
  readonly stderr: FakeOutput = new FakeOutput();
  coloured = false;

  colour(_stream: "stdout" | "stderr"): boolean {
    return this.coloured;
  }
}
