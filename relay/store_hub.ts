/** The hub of what a store stores. */
import type { Log } from "../platform/log.ts";
import type { SlotStore } from "../store/slots/slot_store.ts";
import { Hub, type HubLimits } from "./hub.ts";

/** Read at a time when listeners missed something. */
const RUN = { limit: 256, maxBytes: 1024 * 1024 };

export function hubOf(
  store: Pick<SlotStore, "entries" | "listen">,
  { limits, log }: { readonly limits: HubLimits; readonly log: Log },
): Hub {
  const hub = new Hub({
    read: (slot, after) => store.entries(slot, { after, ...RUN }),
    failed: (error) => log.error("cannot read for listeners", { error: String(error) }),
  }, limits);
  store.listen((slot, entries) => hub.publish(slot, entries));
  return hub;
}
