/** So many a minute and peer, by a sliding window. */
const WINDOW_MS = 60_000;

export class Rate {
  readonly #most: number;
  readonly #times = new Map<string, number[]>();

  /** @param most 0: any number */
  constructor(most: number) {
    this.#most = most;
  }

  /** @param nowMs on the monotonic clock @returns whether there was a turn left; it is taken */
  take(peer: string, nowMs: number): boolean {
    if (this.#most === 0) return true;
    const recent = (this.#times.get(peer) ?? []).filter((time) => nowMs - time < WINDOW_MS);
    const may = recent.length < this.#most;
    if (may) recent.push(nowMs);
    this.#times.set(peer, recent);
    return may;
  }
}
