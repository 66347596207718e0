/** So many at a time; the others wait in the order in which they came. */
export class InFlight {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#count >= this.#most) {
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    } else this.#count++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#count--;
      else next(); // who waited takes this place
    }
  }
}
