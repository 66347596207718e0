/** What another relay on the same store has stored reaches those who listen here. */
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { SlotId } from "../protocol/ids.ts";
import type { SlotStore } from "../store/slots/slot_store.ts";
import { shardOf } from "../store/slots/wake.ts";
import type { Hub } from "./hub.ts";

export interface NodeWakesDeps {
  readonly hub: Pick<Hub, "slots" | "catchUp" | "retire">;
  readonly store: Pick<SlotStore, "find">;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is known of a slot is read anew when it is a second old: then a retirement is seen. */
const RETIRED_AFTER_MS = 1_100;

export class NodeWakes {
  readonly #deps: NodeWakesDeps;
  readonly #asking = new Set<SlotId>();
  readonly #closed = new AbortController();

  constructor(deps: NodeWakesDeps) {
    this.#deps = deps;
  }

  /** Something was stored in slots of these shards. */
  woken(shards: ReadonlySet<number>): void {
    for (const slot of [...this.#deps.hub.slots]) {
      if (!shards.has(shardOf(slot))) continue;
      this.#deps.hub.catchUp(slot);
      void this.#askWhetherRetired(slot);
    }
  }

  close(): void {
    this.#closed.abort();
  }

  /** Once a second and slot at most. */
  async #askWhetherRetired(slot: SlotId): Promise<void> {
    if (this.#asking.has(slot)) return;
    this.#asking.add(slot);
    const { hub, store, clock, log } = this.#deps;
    try {
      await clock.sleep(RETIRED_AFTER_MS, this.#closed.signal);
      if ((await store.find(slot))?.isRetired === true) hub.retire(slot);
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      log.warn("cannot look whether a slot was retired", { error: String(error) });
    } finally {
      this.#asking.delete(slot);
    }
  }
}
