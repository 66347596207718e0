/**
 * Receipts for what has just been pulled, by a process that ends after it: whoever waits for them gets
 * them now, and what cannot be sent in time stays due. See docs/delivery.md, "Receipts".
 */
import type { Clock } from "../../platform/clock.ts";
import type { Pusher } from "./pusher.ts";

/** How long a pull, or one cycle of the daemon, goes on for those who wait to hear of it. */
export const TELL_MS = 3_000;

/**
 * @param signal ends it before its time
 * @throws {WireError} unreadable, write_failed
 */
export async function tellNow(pusher: Pusher, clock: Clock, signal?: AbortSignal): Promise<void> {
  const late = clock.timeout(TELL_MS);
  const over = signal === undefined ? late : AbortSignal.any([signal, late]);
  try {
    await pusher.tell(over);
  } catch (error) {
    if (!over.aborted) throw error;
  }
}
