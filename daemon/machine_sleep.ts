/**
 * Tells that the machine slept: the wall clock went on and the other one stood. Connections that died
 * meanwhile do not tell by themselves.
 */
import type { Clock } from "../platform/clock.ts";

/** More than an operator's or NTP's correction; asked for nothing, it costs one ping. */
const ASLEEP_MS = 5_000;

export class MachineSleep {
  readonly #clock: Clock;
  #offset: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = clock.now() - clock.monotonic();
  }

  /** Whether it slept since the last time this was asked. */
  isOver(): boolean {
    const offset = this.#clock.now() - this.#clock.monotonic();
    const gone = offset - this.#offset;
    this.#offset = offset;
    return gone >= ASLEEP_MS;
  }
}
