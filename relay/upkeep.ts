/**
 * What a relay does about its mailboxes every hour: it notes when their events came, and drops what
 * may go. See docs/protocol/extensions.md §4.
 */
import type { RelayContext } from "./context.ts";

const FIRST_MS = 60_000;
const EVERY_MS = 3_600_000;
const DAY_MS = 24 * EVERY_MS;

/** Goes on until `signal` aborts. */
export async function keepUp(context: RelayContext, signal: AbortSignal): Promise<void> {
  const { clock, log, limits, store } = context;
  const { retentionDays } = limits;
  const retainMs = retentionDays === null ? undefined : retentionDays * DAY_MS;
  for (let waitMs = FIRST_MS;; waitMs = EVERY_MS) {
    try {
      await clock.sleep(waitMs, signal);
    } catch {
      return; // the relay has been closed
    }
    try {
      const { events, bytes } = await store.sweep({ retainMs, signal });
      if (events > 0) log.info("mail that was read has gone", { events, bytes });
    } catch (error) {
      // What could not be done now is done an hour later.
      log.error("cannot drop mail that was read", { error: String(error) });
    }
  }
}
