/**
 * When a connection is not read: with too much that waits for answers, or too many answers that
 * nobody takes.
 */
import type { WsLimits } from "./limits.ts";
import type { FrameSocket } from "./socket.ts";

export interface BackPressureDeps {
  readonly socket: Pick<FrameSocket, "bufferedBytes" | "onDrained" | "pause" | "resume">;
  readonly limits: Pick<
    WsLimits,
    "maxBufferedBytes" | "maxUnansweredBytes" | "maxUnansweredFrames"
  >;
  /** Aborts when the connection ends. */
  readonly closed: AbortSignal;
}

export class BackPressure {
  readonly #deps: BackPressureDeps;
  #frames = 0;
  #bytes = 0;
  #isPaused = false;
  #settled: () => void = () => {};

  constructor(deps: BackPressureDeps) {
    this.#deps = deps;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** What waits for an answer, or, below 0, waits no more. */
  owe(frames: number, bytes: number): void {
    this.#frames += frames;
    this.#bytes += bytes;
    if (this.#frames === 0) this.#settled();
    this.look();
  }

  look = (): void => {
    const { socket, limits, closed } = this.#deps;
    if (closed.aborted) return;
    const isFull = socket.bufferedBytes > limits.maxBufferedBytes;
    const isMuch = isFull || this.#frames >= limits.maxUnansweredFrames ||
      this.#bytes >= limits.maxUnansweredBytes;
    if (isFull) socket.onDrained(this.look);
    if (isMuch === this.#isPaused) return;
    this.#isPaused = isMuch;
    if (isMuch) socket.pause();
    else socket.resume();
  };

  /** Resolves once everything is answered, at the deadline, or at the end of the connection. */
  async settled(deadline: AbortSignal): Promise<void> {
    const until = AbortSignal.any([deadline, this.#deps.closed]);
    while (this.#frames > 0 && !until.aborted) {
      await new Promise<void>((resolve) => {
        this.#settled = resolve;
        until.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }
}
