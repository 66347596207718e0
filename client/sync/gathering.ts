/**
 * Work that is done once at a time per key, some of it slow: a round starts what is not under way
 * and waits for all of it, or only for a while, so that one dead relay holds up nobody else.
 */
import type { Clock } from "../../platform/clock.ts";

export class Gathering<Key> {
  readonly #running = new Map<Key, Promise<void>>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts the work unless it is under way. It must not throw. */
  start(key: Key, work: () => Promise<void>): void {
    if (this.#running.has(key)) return;
    this.#running.set(key, work().finally(() => void this.#running.delete(key)));
  }

  isRunning(key: Key): boolean {
    return this.#running.has(key);
  }

  /** @param graceMs left out: until everything is done */
  async settle(graceMs?: number): Promise<void> {
    const all = Promise.all(this.#running.values());
    if (graceMs === undefined) {
      await all;
      return;
    }
    const over = new AbortController();
    const late = this.#clock.sleep(graceMs, over.signal).catch(() => undefined); // ended by us
    try {
      await Promise.race([all, late]);
    } finally {
      over.abort();
    }
  }
}
