/** What failed and is left alone for a while, longer with each failure: mailboxes, or messages. */
import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import { Backoff } from "./backoff.ts";

export interface Rest<Key> {
  readonly key: Key;
  readonly reason: string;
  readonly retryInMs: number;
}

interface Resting {
  readonly backoff: Backoff;
  /** On the monotonic clock, ms. */
  until: number;
  reason: string;
}

export interface RestsDependencies {
  readonly clock: Clock;
  readonly random: Random;
}

export class Rests<Key> {
  readonly #deps: RestsDependencies;
  readonly #most: number;
  readonly #resting = new Map<Key, Resting>();

  /** @param most that are remembered: the oldest is forgotten, and simply tried again */
  constructor(deps: RestsDependencies, most = Infinity) {
    this.#deps = deps;
    this.#most = most;
  }

  /** After one more failure. */
  begin(key: Key, reason: string): void {
    const [oldest] = this.#resting.keys();
    if (this.#resting.size >= this.#most && oldest !== undefined) this.#resting.delete(oldest);
    const { clock, random } = this.#deps;
    const backoff = this.#resting.get(key)?.backoff ?? new Backoff(random);
    this.#resting.set(key, { backoff, until: clock.monotonic() + backoff.failed(), reason });
  }

  /** It went well. */
  end(key: Key): void {
    this.#resting.delete(key);
  }

  /** @returns why it is left alone now, and until when; undefined when it may be tried */
  why(key: Key): string | undefined {
    const resting = this.#resting.get(key);
    if (resting === undefined) return undefined;
    const leftMs = resting.until - this.#deps.clock.monotonic();
    return leftMs > 0
      ? `${resting.reason} (next try in ${Math.ceil(leftMs / 1_000)} s)`
      : undefined;
  }

  all(): readonly Rest<Key>[] {
    const now = this.#deps.clock.monotonic();
    return [...this.#resting]
      .filter(([, { until }]) => until > now)
      .map(([key, { until, reason }]) => ({ key, reason, retryInMs: Math.ceil(until - now) }));
  }
}
