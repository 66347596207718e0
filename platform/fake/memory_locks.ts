/** The locks of MemoryFiles: whoever waits is woken by the release, or by the clock's deadline. */
import type { Clock } from "../clock.ts";
import { lockedBy, UNKNOWN_HOLDER } from "../file_errors.ts";
import type { LockOptions } from "../files.ts";

interface Held {
  owner: string;
  readonly waiting: (() => void)[];
}

export class MemoryLocks {
  readonly #held = new Map<string, Held>();

  constructor(readonly clock: Clock) {}

  /**
   * @param shown the path as the caller wrote it, for the message
   * @returns frees the lock; false if it was not held any more
   * @throws {WireError} locked, at the deadline
   */
  async take(name: string, shown: string, options: LockOptions): Promise<() => boolean> {
    const giveUpAt = this.clock.monotonic() + options.deadlineMs;
    for (let held = this.#held.get(name); held !== undefined; held = this.#held.get(name)) {
      const left = giveUpAt - this.clock.monotonic();
      if (left <= 0) throw lockedBy(shown, held.owner);
      await this.#freedOrLate(held, left, options.signal);
    }
    const mine: Held = { owner: UNKNOWN_HOLDER, waiting: [] };
    this.#held.set(name, mine);
    return () => {
      if (this.#held.get(name) !== mine) return false;
      this.#held.delete(name);
      for (const wake of mine.waiting) wake();
      return true;
    };
  }

  named(name: string, owner: string): void {
    const held = this.#held.get(name);
    if (held !== undefined) held.owner = owner;
  }

  holder(name: string): string | undefined {
    return this.#held.get(name)?.owner;
  }

  /** Its file was removed with its directory. */
  forget(name: string): void {
    const held = this.#held.get(name);
    this.#held.delete(name);
    for (const wake of held?.waiting ?? []) wake();
  }

  dropAll(): void {
    const all = [...this.#held.values()];
    this.#held.clear();
    for (const held of all) for (const wake of held.waiting) wake();
  }

  /** @throws the signal's reason, once it is aborted */
  async #freedOrLate(held: Held, ms: number, signal: AbortSignal | undefined): Promise<void> {
    const freed = Promise.withResolvers<void>();
    held.waiting.push(freed.resolve);
    const over = new AbortController();
    const either = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
    const late = this.clock.sleep(ms, either).catch((reason: unknown) => {
      if (signal?.aborted) throw reason; // else it is we who ended the sleep
    });
    try {
      await Promise.race([freed.promise, late]);
    } finally {
      over.abort();
    }
  }
}
