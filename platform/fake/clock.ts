/** A clock that stands until a test moves it. */
import { setImmediate } from "node:timers";
import type { EpochMs } from "../../protocol/ids.ts";
import type { Clock, Deadline } from "../clock.ts";
import { timedOut } from "../timed_out.ts";
import { Timestamps } from "../timestamps.ts";

interface Timer {
  readonly due: number;
  readonly sequence: number;
  fire(): void;
}

interface SleepWatcher {
  readonly count: number;
  resolve(): void;
}

/** Turns of the event loop after each step, so that whoever was woken gets on with its work. */
const TURNS_PER_STEP = 3;

export class FakeClock implements Clock {
  readonly #timestamps = new Timestamps();
  readonly #timers = new Set<Timer>();
  readonly #sleepers = new Set<Timer>();
  readonly #watchers = new Set<SleepWatcher>();
  #wall: EpochMs;
  #elapsed = 0;
  #sequence = 0;

  /** @param start an RFC 3339 time */
  constructor(start: string = "2026-01-01T00:00:00Z") {
    this.#wall = Temporal.Instant.from(start).epochMilliseconds;
  }

  now(): EpochMs {
    return this.#wall;
  }

  timestamp(): string {
    return this.#timestamps.next(BigInt(this.#wall) * 1_000_000n);
  }

  monotonic(): number {
    return this.#elapsed;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        this.#timers.delete(timer);
        this.#sleepers.delete(timer);
        reject(signal?.reason);
      };
      const timer = this.#schedule(ms, () => {
        this.#sleepers.delete(timer);
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      signal?.addEventListener("abort", abort, { once: true });
      this.#sleepers.add(timer);
      for (const watcher of this.#watchers) {
        if (this.#sleepers.size < watcher.count) continue;
        this.#watchers.delete(watcher);
        watcher.resolve();
      }
    });
  }

  timeout(ms: number): AbortSignal {
    return this.deadline(ms).signal;
  }

  deadline(ms: number): Deadline {
    const controller = new AbortController();
    const timer = this.#schedule(ms, () => controller.abort(timedOut(ms)));
    return { signal: controller.signal, [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  /**
   * Moves time on by `ms`, stopping at each sleeper and deadline on the way, in order of their
   * time, and letting whoever it woke go on before the next. Sleeps begun meanwhile count too.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await this.settle();
    for (let timer = this.#nextDue(end); timer !== undefined; timer = this.#nextDue(end)) {
      this.#timers.delete(timer);
      this.#moveTo(Math.max(timer.due, this.#elapsed));
      timer.fire();
      await this.settle();
    }
    this.#moveTo(end);
  }

  /** Lets everything that waits for nothing but promises go on. Time stands. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS_PER_STEP; turn++) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  }

  /** Sets the wall clock, backwards too, as an operator or NTP does; sleepers do not notice. */
  setWallClock(time: string): void {
    this.#wall = Temporal.Instant.from(time).epochMilliseconds;
  }

  /** Sleepers now waiting. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Sleeps and deadlines that have not come, and would keep a real process alive. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Resolves as soon as so many sleepers wait: the event to await before `advance`. */
  untilSleeping(count: number = 1): Promise<void> {
    if (this.#sleepers.size >= count) return Promise.resolve();
    return new Promise((resolve) => void this.#watchers.add({ count, resolve }));
  }

  #schedule(ms: number, fire: () => void): Timer {
    const due = this.#elapsed + Math.max(0, ms);
    const timer = { due, sequence: this.#sequence++, fire };
    this.#timers.add(timer);
    return timer;
  }

  #nextDue(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due > end) continue;
      const earlier = next === undefined || timer.due < next.due ||
        (timer.due === next.due && timer.sequence < next.sequence);
      if (earlier) next = timer;
    }
    return next;
  }

  #moveTo(elapsed: number): void {
    this.#wall += elapsed - this.#elapsed;
    this.#elapsed = elapsed;
  }
}
