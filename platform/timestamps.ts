/**
 * Event timestamps that never repeat: RFC 3339 UTC with `Z` and up to nine fractional digits,
 * trailing zeros removed, no fraction at a whole second.
 * See docs/protocol/identity-and-events.md §1.
 */
export class Timestamps {
  #last = -1n;

  /** @param nowNs nanoseconds since 1970; the result is at least one later than the one before */
  next(nowNs: bigint): string {
    this.#last = nowNs > this.#last ? nowNs : this.#last + 1n;
    return new Temporal.Instant(this.#last).toString();
  }
}
