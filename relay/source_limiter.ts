/** One token bucket per source, so that a burst from one address does not lock out another. */
import type { Clock } from "../platform/clock.ts";
import { plainText, type RelayReply } from "./exchange.ts";

export interface Rate {
  /** At once. */
  readonly burst: number;
  /** After that. */
  readonly perSecond: number;
}

export interface BucketLimits extends Rate {
  /** Remembered at most; beyond that the longest silent is forgotten, that is, starts full. */
  readonly maxSources: number;
}

interface Bucket {
  tokens: number;
  /** Monotonic milliseconds. */
  at: number;
}

export class SourceLimiter {
  /** Least recently used first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(readonly clock: Clock, readonly limits: BucketLimits) {}

  /**
   * @param rate that this source has, if not all have the same
   * @returns 0 if the request may go on, else milliseconds until it could
   */
  take(source: string, { burst, perSecond }: Rate = this.limits): number {
    const { maxSources } = this.limits;
    const now = this.clock.monotonic();
    const bucket = this.#buckets.get(source) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) * perSecond / 1000);
    bucket.at = now;
    this.#buckets.delete(source);
    this.#buckets.set(source, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > maxSources && oldest !== undefined) this.#buckets.delete(oldest);
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return 0;
    }
    return Math.ceil((1 - bucket.tokens) * 1000 / perSecond);
  }
}

/** With the text and headers of docs/protocol/relay.md §3.5. */
export function tooMany(
  waitMs: number,
  headers: Readonly<Record<string, string>> = {},
): RelayReply {
  const seconds = String(Math.max(1, Math.ceil(waitMs / 1000)));
  const reply = plainText(429, `Too Many Requests! Wait for ${seconds}s`);
  return {
    ...reply,
    headers: { "x-ratelimit-after": seconds, "retry-after": seconds, ...headers },
  };
}
