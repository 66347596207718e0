/** Lines of a log on a stream of the terminal: in order, and out before the process ends. */
import type { Clock } from "../platform/clock.ts";
import type { OutputStream } from "../platform/terminal.ts";

/** How long an end waits for a stream that nobody reads. */
const LAST_LINES_MS = 1_000;

export class LogLines {
  readonly #stream: OutputStream;
  readonly #clock: Clock;
  #written: Promise<void> = Promise.resolve();

  constructor(stream: OutputStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
  }

  write(line: string): void {
    this.#written = this.#written.then(() => this.#stream.write(line)).catch(() => {
      // Nobody reads the stream any more: there is no place left to say so.
    });
  }

  /** Resolves once every line is out, or a second has passed. */
  async flush(): Promise<void> {
    const done = new AbortController();
    const wait = this.#clock.sleep(LAST_LINES_MS, done.signal).catch(() => {
      // The lines were out before.
    });
    await Promise.race([this.#written, wait]);
    done.abort();
    await wait;
  }
}
