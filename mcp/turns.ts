/** Work that must not overtake other work of its kind: one after the other, in the order of the calls. */
export class Turns {
  /** The end of each row. */
  readonly #rows = new Map<string, Promise<void>>();

  /** Takes its place at once, before anything is waited for. @throws what `work` throws */
  async run<T>(row: string, work: () => Promise<T>): Promise<T> {
    const before = this.#rows.get(row) ?? Promise.resolve();
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#rows.set(row, done);
    try {
      await before;
      return await work();
    } finally {
      resolve();
      if (this.#rows.get(row) === done) this.#rows.delete(row);
    }
  }
}
