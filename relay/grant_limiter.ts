/**
 * How fast a grant may be used: requests of any outcome, and events stored within the hour. In
 * memory only, so full again after a restart. See docs/protocol/extensions.md §2.
 */
import type { Clock } from "../platform/clock.ts";
import type { Grant } from "../store/slots/grant.ts";
import { SourceLimiter } from "./source_limiter.ts";

const HOUR_SECONDS = 3_600;

export interface GrantRates {
  readonly grantBurst: number;
  readonly grantPerSecond: number;
  /** Grants remembered. */
  readonly maxSources: number;
}

export class GrantLimiter {
  readonly #requests: SourceLimiter;
  readonly #events: SourceLimiter;

  constructor(clock: Clock, { grantBurst, grantPerSecond, maxSources }: GrantRates) {
    const limits = { burst: grantBurst, perSecond: grantPerSecond, maxSources };
    this.#requests = new SourceLimiter(clock, limits);
    this.#events = new SourceLimiter(clock, limits);
  }

  /** For each event, duplicates too. @returns milliseconds to wait, or 0 */
  takeRequest(grant: Grant): number {
    return this.#requests.take(grant.tokenHash.toHex());
  }

  /** For each event that is not there yet. @returns milliseconds to wait, or 0 */
  takeEvent(grant: Grant): number {
    const { maxEventsPerHour } = grant.limits;
    return this.#events.take(grant.tokenHash.toHex(), {
      burst: maxEventsPerHour,
      perSecond: maxEventsPerHour / HOUR_SECONDS,
    });
  }
}
