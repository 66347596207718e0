/** Whether there is still somebody at the other end of a connection. */
import type { Clock } from "../../platform/clock.ts";

export interface PulseDependencies {
  readonly clock: Clock;
  /** Aborts at the end of the connection. */
  readonly over: AbortSignal;
  /** @param answered called when something comes back; disposing of it ends the waiting */
  ping(answered: () => void): Disposable;
  /** Nothing at all was heard in time. */
  lost(): void;
}

/** Silence after which we ask whether somebody is there, and how long an answer may take. */
const PING_EVERY_MS = 20_000;
const PONG_WITHIN_MS = 15_000;

export class Pulse {
  readonly #deps: PulseDependencies;
  /** On the monotonic clock, ms. */
  #heardAt: number;

  constructor(deps: PulseDependencies) {
    this.#deps = deps;
    this.#heardAt = deps.clock.monotonic();
    this.#keepAlive();
  }

  /** Anything at all has come. */
  heard(): void {
    this.#heardAt = this.#deps.clock.monotonic();
  }

  /** Asks whether somebody is still there; if nothing at all is heard in time, it is over. */
  async check(): Promise<void> {
    const { clock, over, ping, lost } = this.#deps;
    const answered = new AbortController();
    const askedAt = clock.monotonic();
    using _ping = ping(() => answered.abort());
    try {
      await clock.sleep(PONG_WITHIN_MS, AbortSignal.any([answered.signal, over]));
    } catch {
      return; // answered, or over
    }
    // A pong behind much mail may be late.
    if (this.#heardAt <= askedAt) lost();
  }

  async #keepAlive(): Promise<void> {
    const { clock, over } = this.#deps;
    try {
      while (!over.aborted) {
        const waitMs = this.#heardAt + PING_EVERY_MS - clock.monotonic();
        if (waitMs > 0) await clock.sleep(waitMs, over);
        else await this.check();
      }
    } catch {
      // The sleep ends with the connection.
    }
  }
}
