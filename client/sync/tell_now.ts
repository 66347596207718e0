/**
 * Acks and receipts for what has just been pulled, by a process that ends after it: whoever waits for
 * them gets them now, and what cannot be sent in time stays due.
 * See docs/protocol/pairing.md §15.6 and docs/delivery.md, "Receipts".
 */
import type { Clock } from "../../platform/clock.ts";
import type { Puller } from "./puller.ts";
import type { Pusher } from "./pusher.ts";

/** How long a pull, or one cycle of the daemon, goes on for those who wait to hear of it. */
export const TELL_MS = 3_000;

interface Round {
  readonly puller: Puller;
  readonly pusher: Pusher;
}

/**
 * @param signal ends it before its time
 * @throws {WireError} unreadable, write_failed
 */
export async function tellNow(
  { puller, pusher }: Round,
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  const late = clock.timeout(TELL_MS);
  const over = signal === undefined ? late : AbortSignal.any([signal, late]);
  try {
    for (const peer of puller.takeAnswered()) {
      const { writeFailure } = await pusher.round({ signal: over }, peer);
      if (writeFailure !== undefined) throw writeFailure;
    }
    await pusher.tell(over);
  } catch (error) {
    if (!over.aborted) throw error;
  }
}
