/** A deadline that every sign of life pushes back. */
import type { Clock } from "../../platform/clock.ts";
import { timedOut } from "../../platform/timed_out.ts";

export class IdleGuard implements Disposable {
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  #timer: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Aborts, with a WireError `timed_out`, when nothing was heard for as long as was allowed. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on silence for `ms` is too long. */
  allow(ms: number): void {
    this.#timer?.abort();
    const timer = new AbortController();
    this.#timer = timer;
    this.#clock.sleep(ms, timer.signal).then(
      () => this.#controller.abort(timedOut(ms)),
      () => undefined, // heard in time
    );
  }

  [Symbol.dispose](): void {
    this.#timer?.abort();
  }
}
