/**
 * How often a source may try a nameplate: six times in ten minutes, whether or not it exists, so that
 * nobody walks through them. See docs/protocol/extensions.md §10.
 */
import type { Clock } from "../platform/clock.ts";

export const GUEST_ATTEMPTS = 6;
export const GUEST_WINDOW_MS = 600_000;

export class GuestAttempts {
  /** Monotonic times within the window; least recently used first. */
  readonly #times = new Map<string, readonly number[]>();

  /** @param maxSources remembered; beyond that the longest silent is forgotten */
  constructor(readonly clock: Clock, readonly maxSources: number) {}

  /** @returns 0 if the request may go on, else milliseconds until it could */
  take(source: string): number {
    const now = this.clock.monotonic();
    const recent = (this.#times.get(source) ?? []).filter((at) => now - at < GUEST_WINDOW_MS);
    const [oldest] = recent;
    if (oldest !== undefined && recent.length >= GUEST_ATTEMPTS) {
      return oldest + GUEST_WINDOW_MS - now;
    }
    this.#times.delete(source);
    this.#times.set(source, [...recent, now]);
    const [silent] = this.#times.keys();
    if (this.#times.size > this.maxSources && silent !== undefined) this.#times.delete(silent);
    return 0;
  }
}
