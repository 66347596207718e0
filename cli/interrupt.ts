/** Ctrl-C and its relatives, and the end of the parent, as one abort signal. */
import { WireError } from "../protocol/errors.ts";
import type { Processes, StopSignal } from "../platform/processes.ts";
import type { InputMessage, InputStream, Keys } from "../platform/terminal.ts";

/** As the shell reports a process that the signal ended: 128 and its number. */
const SIGNAL_EXIT: Readonly<Record<StopSignal, number>> = {
  SIGINT: 130,
  SIGTERM: 143,
  SIGHUP: 129,
};

/** Somebody wants this process to end. */
export class Interrupted extends WireError {
  constructor(readonly exitCode: number, why: string) {
    super("interrupted", why);
  }
}

export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #impatient = Promise.withResolvers<never>();
  readonly #listening: Disposable;

  constructor(processes: Processes) {
    // Nobody may be waiting for the second signal; the first is on `signal`.
    this.#impatient.promise.catch(() => undefined);
    this.#listening = processes.onSignal(
      ["SIGINT", "SIGTERM", "SIGHUP"],
      (name) => this.#stop(new Interrupted(SIGNAL_EXIT[name], "interrupted")),
    );
  }

  /** Aborts at the first signal, with an `Interrupted`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Rejects at the second signal: whoever asks twice does not want to wait for a clean end. */
  get impatient(): Promise<never> {
    return this.#impatient.promise;
  }

  /**
   * Reads `stdin` ahead and aborts at its end, which is when the parent ended, however it ended.
   * @returns what stands in for `stdin` from now on
   */
  followParent(stdin: InputStream): InputStream {
    return new ParentInput(stdin, () => this.#stop(new Interrupted(0, "standard input ended")));
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  #stop(reason: Interrupted): void {
    if (this.signal.aborted) this.#impatient.reject(reason);
    else this.#controller.abort(reason);
  }
}

/** Lines waiting to be asked for; a parent that writes more than this without an answer is cut off. */
const MAX_LINES = 64;

class ParentInput implements InputStream {
  readonly isTerminal = false;
  readonly #lines: string[] = [];
  #ended = false;
  #arrival = Promise.withResolvers<void>();

  constructor(stdin: InputStream, atEnd: () => void) {
    void this.#read(stdin).finally(() => {
      this.#ended = true;
      this.#arrival.resolve();
      atEnd();
    });
  }

  async readLine(signal?: AbortSignal): Promise<string | undefined> {
    for (;;) {
      signal?.throwIfAborted();
      const line = this.#lines.shift();
      if (line !== undefined || this.#ended) return line;
      await orAborted(this.#arrival.promise, signal);
    }
  }

  async readAll(maxBytes: number): Promise<string> {
    let text = "";
    for (let line = await this.readLine(); line !== undefined; line = await this.readLine()) {
      text += line + "\n";
      if (text.length > maxBytes) {
        throw new WireError("bad_input", `Cannot read standard input: more than ${maxBytes} bytes`);
      }
    }
    return text;
  }

  async *messages(): AsyncGenerator<InputMessage, void, undefined> {
    for (let line = await this.readLine(); line !== undefined; line = await this.readLine()) {
      yield { text: line };
    }
  }

  keys(): Keys {
    const next = async (): Promise<string | undefined> => {
      const line = await this.readLine();
      return line === undefined ? undefined : line + "\n";
    };
    return { next, [Symbol.dispose]: () => undefined };
  }

  async #read(stdin: InputStream): Promise<void> {
    try {
      for (let line = await stdin.readLine(); line !== undefined; line = await stdin.readLine()) {
        if (this.#lines.push(line) > MAX_LINES) return;
        this.#arrival.resolve();
        this.#arrival = Promise.withResolvers<void>();
      }
    } catch (error) {
      // Unreadable input is an ended one: either way the parent cannot be followed any more.
      if (!(error instanceof WireError)) throw error;
    }
  }
}

function orAborted(wait: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return wait;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  wait.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  return promise;
}
