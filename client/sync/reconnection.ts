/**
 * When to connect again: after 0.25 to 30 s, chance choosing within a range that doubles with each
 * failure, so that many clients of a relay that restarts do not come back at once.
 * See docs/protocol/extensions.md §3.
 */
import type { Random } from "../../platform/random.ts";

const SHORTEST_MS = 250;
const FIRST_RANGE_MS = 500;
const LONGEST_MS = 30_000;
const DICE_BYTES = 2;
const DICE_SIDES = 2 ** (8 * DICE_BYTES);

export class Reconnection {
  readonly #random: Random;
  #failures = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** After one more failure. @returns how long to wait, in ms */
  failed(): number {
    const range = Math.min(FIRST_RANGE_MS * 2 ** Math.min(this.#failures, 10), LONGEST_MS);
    this.#failures++;
    const [high = 0, low = 0] = this.#random.bytes(DICE_BYTES);
    const dice = (high * 256 + low) / DICE_SIDES;
    return Math.round(SHORTEST_MS + dice * (range - SHORTEST_MS));
  }

  reset(): void {
    this.#failures = 0;
  }
}
