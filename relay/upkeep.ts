/**
 * What a relay does about its mailboxes every hour: it notes when their events came, drops what may
 * go (docs/protocol/extensions.md §4), and forgets mailboxes that nobody ever used.
 */
import type { RelayContext } from "./context.ts";

const FIRST_MS = 60_000;
const EVERY_MS = 3_600_000;
const DAY_MS = 24 * EVERY_MS;

/** Goes on until `signal` aborts. */
export async function keepUp(context: RelayContext, signal: AbortSignal): Promise<void> {
  const { clock, log, limits, store, lastPulls, hub } = context;
  const { retentionDays, unusedSlotDays } = limits;
  const retainMs = retentionDays === null ? undefined : retentionDays * DAY_MS;
  for (let waitMs = FIRST_MS;; waitMs = EVERY_MS) {
    try {
      await clock.sleep(waitMs, signal);
    } catch {
      return; // the relay has been closed
    }
    try {
      const unusedMs = unusedSlotDays * DAY_MS;
      const since = (clock.now() - unusedMs) / 1_000;
      const { events, bytes, removed } = await store.sweep({
        retainMs,
        unused: {
          unusedMs,
          isInUse: (slot) => (lastPulls.get(slot) ?? 0) > since || hub.listeners(slot) > 0,
        },
        signal,
      });
      for (const slot of removed) lastPulls.delete(slot);
      if (removed.length > 0) log.info("unused mailboxes are gone", { slots: removed.length });
      if (events > 0) log.info("mail that was read has gone", { events, bytes });
    } catch (error) {
      // What could not be done now is done an hour later.
      log.error("cannot drop mail that was read", { error: String(error) });
    }
  }
}
