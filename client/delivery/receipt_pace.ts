/**
 * When receipts go: 200 ms after the first event that wants one, and the later the more comes, up to
 * 5 s, so that a peer that sends much is told in few events. See docs/protocol/extensions.md §5.
 */
import type { Clock } from "../../platform/clock.ts";
import type { Handle } from "../../protocol/ids.ts";
import type { ReceiptTiming } from "./receipt_sender.ts";

export const SHORTEST_MS = 200;
export const LONGEST_MS = 5_000;

interface Pace {
  waitMs: number;
  /** On the monotonic clock, ms; undefined: nothing is due. */
  dueAt: number | undefined;
  sentAt: number;
}

export class ReceiptPace {
  readonly #clock: Clock;
  readonly #timing: ReceiptTiming | undefined;
  readonly #paces = new Map<Handle, Pace>();

  /** @param timing left out: everything is due at once */
  constructor(clock: Clock, timing: ReceiptTiming | undefined) {
    this.#clock = clock;
    this.#timing = timing;
  }

  arrived(peer: Handle): void {
    const now = this.#clock.monotonic();
    const pace = this.#paces.get(peer) ??
      { waitMs: SHORTEST_MS, dueAt: undefined, sentAt: -Infinity };
    this.#paces.set(peer, pace);
    if (pace.dueAt !== undefined) return;
    const isBusy = now - pace.sentAt < 2 * pace.waitMs;
    pace.waitMs = isBusy ? Math.min(2 * pace.waitMs, LONGEST_MS) : SHORTEST_MS;
    this.#dueIn(pace, pace.waitMs);
  }

  /** Those whose time has come. */
  due(): Handle[] {
    const now = this.#clock.monotonic();
    return [...this.#paces].filter(([, { dueAt }]) => dueAt !== undefined && dueAt <= now)
      .map(([peer]) => peer);
  }

  /** All is told. */
  settled(peer: Handle): void {
    const pace = this.#paces.get(peer);
    if (pace === undefined) return;
    pace.dueAt = undefined;
    pace.sentAt = this.#clock.monotonic();
  }

  /** Nobody took it: later. */
  failed(peer: Handle): void {
    const pace = this.#paces.get(peer);
    if (pace !== undefined) this.#dueIn(pace, LONGEST_MS);
  }

  #dueIn(pace: Pace, waitMs: number): void {
    if (this.#timing === undefined) {
      pace.dueAt = -Infinity;
      return;
    }
    const { onDue, signal } = this.#timing;
    pace.dueAt = this.#clock.monotonic() + waitMs;
    this.#clock.sleep(waitMs, signal).then(onDue, () => undefined); // the end of the process
  }
}
