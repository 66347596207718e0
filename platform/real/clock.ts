/** The system's clock and timers. */
import type { EpochMs } from "../../protocol/ids.ts";
import type { Clock, Deadline } from "../clock.ts";
import { timedOut } from "../timed_out.ts";
import { Timestamps } from "../timestamps.ts";

export class RealClock implements Clock {
  readonly #timestamps = new Timestamps();

  now(): EpochMs {
    return Date.now();
  }

  timestamp(): string {
    return this.#timestamps.next(Temporal.Now.instant().epochNanoseconds);
  }

  monotonic(): number {
    return performance.now();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      }, ms);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /**
   * Needs no clean-up when the work is done earlier. A process that ends by itself waits for it all
   * the same: where that matters, sleep with a signal.
   */
  timeout(ms: number): AbortSignal {
    const controller = new AbortController();
    AbortSignal.timeout(ms).addEventListener("abort", () => controller.abort(timedOut(ms)));
    return controller.signal;
  }

  deadline(ms: number): Deadline {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(timedOut(ms)), ms);
    return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
  }
}
