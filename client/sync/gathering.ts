/**
 * Work that is done once at a time per key, some of it slow: a round starts it and waits for all of
 * it, or only as long as the caller likes, so that one dead relay holds up nobody else.
 */

export type Work = () => Promise<void>;

export class Gathering<Key> {
  readonly #running = new Map<Key, Promise<void>>();
  /** Asked for while the same work was under way: it may have looked too early. */
  readonly #again = new Map<Key, Work>();

  /** Starts the work, or has it done once more when it is under way. It must not throw. */
  start(key: Key, work: Work): void {
    if (this.#running.has(key)) this.#again.set(key, work);
    else this.#running.set(key, this.#run(key, work));
  }

  isRunning(key: Key): boolean {
    return this.#running.has(key);
  }

  /** @param until ends the waiting early; left out: until everything is done */
  async settle(until?: Promise<unknown>): Promise<void> {
    while (this.#running.size > 0) {
      const all = Promise.all(this.#running.values()).then(() => "done" as const);
      const ended = await (until === undefined ? all : Promise.race([all, until]));
      if (ended !== "done") return;
    }
  }

  async #run(key: Key, work: Work): Promise<void> {
    try {
      for (let next: Work | undefined = work; next !== undefined; next = this.#again.get(key)) {
        this.#again.delete(key);
        await next();
      }
    } finally {
      this.#running.delete(key);
    }
  }
}
