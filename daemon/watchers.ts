/**
 * Tells many what happens. Each has a queue of its own with an end: who is slower than that hears how
 * much it missed, and nobody else waits. See docs/protocol/guard.md §24.
 */
import type { LiveEvent } from "../protocol/schemas/live.ts";

/** Events that wait for one watcher: some hundred bytes each. */
export const MOST_WAITING = 1_000;

export interface Watching {
  /** @returns undefined at the end */
  take(): Promise<LiveEvent | undefined>;
  close(): void;
}

export class Watchers {
  readonly #queues = new Set<Queue>();

  get size(): number {
    return this.#queues.size;
  }

  tell(event: LiveEvent): void {
    for (const queue of this.#queues) queue.put(event);
  }

  /** What is told from now on, until it is closed or the signal aborts. */
  watch(signal: AbortSignal): Watching {
    const queue = new Queue();
    const close = (): void => {
      queue.end();
      this.#queues.delete(queue);
      signal.removeEventListener("abort", close);
    };
    this.#queues.add(queue);
    signal.addEventListener("abort", close, { once: true });
    if (signal.aborted) close();
    return { take: () => queue.take(), close };
  }
}

class Queue {
  #waiting: LiveEvent[] = [];
  #missed = 0;
  #isOver = false;
  #news = Promise.withResolvers<void>();

  put(event: LiveEvent): void {
    // In order: once something is missed, everything is, until the reader has come that far.
    if (this.#missed > 0 || this.#waiting.length >= MOST_WAITING) this.#missed++;
    else this.#waiting.push(event);
    this.#news.resolve();
  }

  end(): void {
    this.#isOver = true;
    this.#news.resolve();
  }

  /** @returns undefined at the end */
  async take(): Promise<LiveEvent | undefined> {
    for (;;) {
      if (this.#isOver) return undefined;
      const event = this.#waiting.shift();
      if (event !== undefined) return event;
      if (this.#missed > 0) {
        const count = this.#missed;
        this.#missed = 0;
        return { event: "missed", count };
      }
      this.#news = Promise.withResolvers();
      await this.#news.promise;
    }
  }
}
