/** How long a connection may live without a token, without a sign of life, within one message. */
import type { Clock } from "../../platform/clock.ts";
import { WS_CLOSE } from "../../protocol/schemas/ws_frames.ts";
import type { WsLimits } from "./limits.ts";
import type { Allowance } from "./window.ts";

export interface LivenessDeps {
  readonly clock: Clock;
  readonly limits: Pick<WsLimits, "wsAuthMs" | "pingMs" | "wsIdleMs" | "frameMs">;
  /** Bytes of messages of the whole relay that are not complete. */
  readonly partial: Allowance;
  /** Aborts when the connection ends. */
  readonly closed: AbortSignal;
  /** The other side is not heard because nothing is read. */
  isPaused(): boolean;
  ping(): void;
  end(code: number, reason: string): void;
  /** Nobody is there to close with. */
  destroy(): void;
}

export class Liveness {
  readonly #deps: LivenessDeps;
  /** Monotonic times: of the last sign of life, and since when a message is incomplete. */
  #heardAt: number;
  #partialSince = 0;
  #partialBytes = 0;
  #isKnown = false;

  constructor(deps: LivenessDeps) {
    this.#deps = deps;
    this.#heardAt = deps.clock.monotonic();
    void this.#expectToken();
    void this.#keepAlive();
  }

  heard(): void {
    this.#heardAt = this.#deps.clock.monotonic();
  }

  /** A good token was shown. */
  known(): void {
    this.#isKnown = true;
  }

  /** @param bytes of a message that is not complete */
  partial(bytes: number): void {
    const { clock, partial, end, destroy } = this.#deps;
    if (this.#partialBytes === 0) this.#partialSince = clock.monotonic();
    partial.take(bytes - this.#partialBytes);
    this.#partialBytes = bytes;
    if (partial.used > partial.max && bytes > 0) {
      end(WS_CLOSE.policy, "too many messages are half sent");
      // What comes until the other side has closed, too, would be kept.
      destroy();
    }
  }

  async #expectToken(): Promise<void> {
    const { clock, limits, closed, end } = this.#deps;
    try {
      await clock.sleep(limits.wsAuthMs, closed);
      if (!this.#isKnown) end(WS_CLOSE.policy, "no token was shown in time");
    } catch {
      // The connection ended first.
    }
  }

  async #keepAlive(): Promise<void> {
    const { clock, limits, closed, ping, end, destroy } = this.#deps;
    try {
      for (;;) {
        await clock.sleep(limits.pingMs, closed);
        if (clock.monotonic() - this.#heardAt >= limits.wsIdleMs) {
          end(WS_CLOSE.away, "nothing was heard");
          return destroy();
        }
        if (this.#isDribbling()) return end(WS_CLOSE.policy, "a message took too long");
        ping();
      }
    } catch {
      // The connection ended.
    }
  }

  #isDribbling(): boolean {
    const { clock, limits, isPaused } = this.#deps;
    if (this.#partialBytes === 0 || isPaused()) return false;
    return clock.monotonic() - this.#partialSince >= limits.frameMs;
  }
}
