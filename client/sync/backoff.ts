/** When to try again: 1, 2, 4 … 30 s, each with a quarter of jitter. Pure but for the dice. */
import type { Random } from "../../platform/random.ts";

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** Part of the wait that chance may add, so that many clients do not come back at once. */
const JITTER = 0.25;

export class Backoff {
  readonly #random: Random;
  #failures = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** After one more failure. @returns how long to wait, in ms */
  failed(): number {
    const wait = Math.min(FIRST_MS * 2 ** Math.min(this.#failures, 10), LONGEST_MS);
    this.#failures++;
    const [dice = 0] = this.#random.bytes(1);
    return Math.round(wait * (1 + JITTER * dice / 255));
  }

  reset(): void {
    this.#failures = 0;
  }
}
