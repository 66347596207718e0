/**
 * How many valid introductions are taken: per nick, and per source, in a sliding window. Junk is
 * not counted, so it cannot lock a nick. See docs/protocol/relay.md §13.1 and §15.
 */
import type { Clock } from "../platform/clock.ts";

export interface IntroRates {
  readonly introWindowMs: number;
  readonly maxIntrosPerNick: number;
  readonly maxIntrosPerSource: number;
  /** Nicks, and sources, remembered; beyond that the longest silent is forgotten. */
  readonly maxSources: number;
}

export type IntroTaken = "taken" | "nick_limited" | "source_limited";

export class IntroLimiter {
  readonly #clock: Clock;
  readonly #rates: IntroRates;
  /** Monotonic times within the window; least recently used first. */
  readonly #nicks = new Map<string, readonly number[]>();
  readonly #sources = new Map<string, readonly number[]>();

  constructor(clock: Clock, rates: IntroRates) {
    this.#clock = clock;
    this.#rates = rates;
  }

  /** Counts it if both have room. */
  take(nick: string, source: string): IntroTaken {
    const { maxIntrosPerNick, maxIntrosPerSource } = this.#rates;
    const now = this.#clock.monotonic();
    const ofNick = this.#recent(this.#nicks, nick, now);
    const ofSource = this.#recent(this.#sources, source, now);
    if (ofSource.length >= maxIntrosPerSource) return "source_limited";
    if (ofNick.length >= maxIntrosPerNick) return "nick_limited";
    this.#keep(this.#nicks, nick, [...ofNick, now]);
    this.#keep(this.#sources, source, [...ofSource, now]);
    return "taken";
  }

  #recent(times: ReadonlyMap<string, readonly number[]>, name: string, now: number): number[] {
    return (times.get(name) ?? []).filter((at) => now - at < this.#rates.introWindowMs);
  }

  #keep(times: Map<string, readonly number[]>, name: string, kept: readonly number[]): void {
    times.delete(name);
    times.set(name, kept);
    const [oldest] = times.keys();
    if (times.size > this.#rates.maxSources && oldest !== undefined) times.delete(oldest);
  }
}
