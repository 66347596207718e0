/** How many mistakes a connection may make in a minute. */
import type { Clock } from "../../platform/clock.ts";
import type { Failure } from "./frames.ts";

const MINUTE_MS = 60_000;

export class ErrorBudget {
  /** Monotonic times of the last minute. */
  readonly #times: number[] = [];

  constructor(readonly clock: Clock, readonly perMinute: number) {}

  /** @returns whether that was one too many */
  isSpentBy(failure: Failure): boolean {
    if (!isFault(failure)) return false;
    const now = this.clock.monotonic();
    this.#times.push(now);
    while ((this.#times[0] ?? now) <= now - MINUTE_MS) this.#times.shift();
    return this.#times.length >= this.perMinute;
  }
}

/**
 * Whether the other side could have known better: the relay's own trouble is none, nor is a token
 * that was good once.
 */
const isFault = ({ code, http, message }: Failure): boolean =>
  code !== "busy" && http !== 410 && message !== "token revoked" && message !== "token expired";
