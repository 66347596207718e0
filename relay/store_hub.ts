/** The hub of what a store stores. */
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { SlotStore } from "../store/slots/slot_store.ts";
import { Hub, type HubLimits } from "./hub.ts";

/** Read at a time when listeners missed something. */
const RUN = { limit: 256, maxBytes: 1024 * 1024 };

const RETRY_MS = 1_000;

export interface StoreHubDeps {
  readonly limits: HubLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts when the relay stops. */
  readonly stopped: AbortSignal;
}

export function hubOf(
  store: Pick<SlotStore, "entries" | "listen">,
  { limits, clock, log, stopped }: StoreHubDeps,
): Hub {
  const hub = new Hub({
    read: (slot, after) => store.entries(slot, { after, ...RUN }),
    failed(error) {
      if (!stopped.aborted) log.error("cannot read for listeners", { error: String(error) });
      return clock.sleep(RETRY_MS, stopped);
    },
  }, limits);
  store.listen((slot, entries) => hub.publish(slot, entries));
  return hub;
}
