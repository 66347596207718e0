/** The pairings that are watched on one connection. See docs/protocol/extensions.md §3. */
import type { PairId } from "../../protocol/ids.ts";
import type { Answer } from "./socket_frames.ts";
import { type Asked, unexpected } from "./socket_requests.ts";

/** A side of a pairing of either form. */
export type PairSeat =
  | { readonly pairId: PairId; readonly asRole: "host" | "guest" }
  | { readonly pairId: PairId; readonly token: string };

export interface PairsPort {
  /** Aborts at the end of the connection. */
  readonly over: AbortSignal;
  /** @param read of the answer, before anything else is read off the connection */
  ask(asked: Asked, read: (answer: Answer, ref: number) => void): Promise<void>;
}

export class SocketPairs {
  readonly #port: PairsPort;
  /** By ref of the request that began the watch. */
  readonly #watches = new Map<number, (frame: Answer) => void>();

  constructor(port: PairsPort) {
    this.#port = port;
  }

  /**
   * Tells when the other side did something, until `signal` aborts or it is over.
   * @throws {RelayStatusError}, {TransportError}
   */
  async watch(seat: PairSeat, onNews: () => void, signal: AbortSignal): Promise<void> {
    const { pairId: pair_id, ...rest } = seat;
    const as = "asRole" in rest ? { as_role: rest.asRole } : { token: rest.token };
    const over = Promise.withResolvers<void>();
    let watched: number | undefined;
    const news = (frame: Answer): void => {
      if (frame.op !== "pair" || frame.pair_id !== pair_id) throw unexpected(frame);
      onNews();
      if (typeof Reflect.get(frame, "closed") === "string") over.resolve();
    };
    await this.#port.ask({ op: "pair", pair_id, ...as }, (answer, ref) => {
      watched = ref;
      news(answer);
      this.#watches.set(ref, news);
    });
    const stop = (): void => over.resolve();
    const either = AbortSignal.any([signal, this.#port.over]);
    either.addEventListener("abort", stop, { once: true });
    if (either.aborted) stop();
    await over.promise;
    either.removeEventListener("abort", stop);
    if (watched !== undefined) this.#watches.delete(watched);
  }

  /** @returns false if nobody watches for it @throws {RangeError} for news of another pairing */
  take(frame: Answer): boolean {
    const watch = this.#watches.get(frame.ref);
    watch?.(frame);
    return watch !== undefined;
  }
}
