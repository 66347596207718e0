/** Somebody waits, somebody rings; ringing while nobody waits is not lost. */
import type { Clock } from "../../platform/clock.ts";

export class Bell {
  #bell = Promise.withResolvers<void>();

  ring(): void {
    this.#bell.resolve();
  }

  /** Resolves as soon as it was rung since the last `reset`. */
  rung(): Promise<void> {
    return this.#bell.promise;
  }

  reset(): void {
    this.#bell = Promise.withResolvers<void>();
  }

  /** Until it is rung, `ms` have passed, or the signal aborts. */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    // Ended by us, or by the signal, which the caller sees.
    const slept = clock.sleep(ms, AbortSignal.any([over.signal, signal])).catch(() => undefined);
    await Promise.race([slept, this.rung()]);
    over.abort();
  }
}
