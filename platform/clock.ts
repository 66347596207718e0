import type { EpochMs } from "../protocol/ids.ts";

/** Time as the program sees it. Nothing else reads the system's clock or sets timers. */
export interface Clock {
  now(): EpochMs;
  /**
   * The time as the protocol writes it: RFC 3339 UTC with `Z` and up to nine fractional digits,
   * trailing zeros removed. Strictly later than the one before from the same clock, so that two
   * events never share it.
   */
  timestamp(): string;
  /** Milliseconds from an arbitrary start; never goes back. For durations only. */
  monotonic(): number;
  /**
   * Resolves after `ms` milliseconds.
   * @throws the signal's reason, once it is aborted
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A signal that aborts after `ms` with a WireError `timed_out`, for deadlines. */
  timeout(ms: number): AbortSignal;
  /** The same for work that is mostly done earlier, and often: disposed, nothing of it is left. */
  deadline(ms: number): Deadline;
}

export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}
