/**
 * Tells that the machine slept, or that this process was stopped. Where the monotonic clock stands in
 * a sleep, the wall clock went on without it; where it goes on, nobody asked here for much too long.
 * Connections that died meanwhile do not tell by themselves.
 */
import type { Clock } from "../platform/clock.ts";

/** More than an operator's or NTP's correction; asked for nothing, it costs one ping. */
const ASLEEP_MS = 5_000;
/** The loop asks every second, and after a cycle, which takes two seconds at most. */
const UNASKED_MS = 15_000;

export class MachineSleep {
  readonly #clock: Clock;
  #offset: number;
  #askedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#askedAt = clock.monotonic();
    this.#offset = clock.now() - this.#askedAt;
  }

  /** Whether it slept since the last time this was asked. */
  isOver(): boolean {
    const askedAt = this.#clock.monotonic();
    const offset = this.#clock.now() - askedAt;
    const [gone, unasked] = [offset - this.#offset, askedAt - this.#askedAt];
    this.#offset = offset;
    this.#askedAt = askedAt;
    return gone >= ASLEEP_MS || unasked >= UNASKED_MS;
  }
}
