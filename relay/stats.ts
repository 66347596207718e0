/** What the relay says about itself, now and over time. See docs/protocol/relay.md §5.15. */
import { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { VERSION } from "../protocol/version.ts";
import type { Directory } from "../store/directory/directory.ts";
import type { Documents } from "../store/pairings/documents.ts";
import type { SlotStore } from "../store/slots/slot_store.ts";
import { PLACES } from "./pair2_slots.ts";
import { SLOTS } from "./pair_slots.ts";
import { HISTORY_SECONDS, HISTORY_STEP_SECONDS, HistoryRow } from "../store/stats/history.ts";
import type { StatsHistory } from "../store/stats/history.ts";

/** `GET /stats.json`. */
export const RelayStats = HistoryRow.omit({ ts: true }).extend({
  /** Of this process. */
  uptime_seconds: z.int().nonnegative(),
  version: z.string(),
});
export type RelayStats = z.infer<typeof RelayStats>;

export interface StatsDeps {
  readonly store: SlotStore;
  readonly directory: Directory;
  readonly history: StatsHistory;
  readonly clock: Clock;
  readonly log: Log;
  readonly documents: Documents;
  /** Streams and sockets that listen to a mailbox. */
  streams(): number;
}

/** Those who look get the same week for so long: reading it anew costs the store a scan. */
const FRESH_MS = 20_000;

/** Pairings are counted no further. */
const MAX_COUNTED = 10_000;

export class StatsKeeper {
  readonly #deps: StatsDeps;
  readonly #startedAt: number;
  #reading: Promise<RelayStats> | undefined;
  #week: { readonly at: number; readonly rows: Promise<readonly HistoryRow[]> } | undefined;

  constructor(deps: StatsDeps) {
    this.#deps = deps;
    this.#startedAt = deps.clock.monotonic();
  }

  /** Who asks while it is being read gets the same. */
  now(): Promise<RelayStats> {
    return this.#reading ??= this.#read().finally(() => this.#reading = undefined);
  }

  async #read(): Promise<RelayStats> {
    const { store, directory, documents, clock } = this.#deps;
    const [counters, counts, oldForm, places] = await Promise.all([
      store.counters(),
      directory.counts(),
      documents.count(SLOTS, MAX_COUNTED),
      documents.count(PLACES, MAX_COUNTED),
    ]);
    return {
      events_posted_total: counters.events_posted_total,
      handle_claims_total: counts.handle_claims_total,
      handle_first_claims_total: counts.handle_first_claims_total,
      handles_active: counts.handles_active,
      pair_opens_total: counters.pair_opens_total,
      pair_slots_open: oldForm + places,
      slot_allocations_total: counters.slot_allocations_total,
      slots_active: counters.slot_allocations_total, // nothing takes a mailbox away
      streams_active: this.#deps.streams(),
      uptime_seconds: Math.floor((clock.monotonic() - this.#startedAt) / 1000),
      version: VERSION,
    };
  }

  /** @returns rows of the last hours, oldest first */
  async lastHours(hours: number): Promise<readonly HistoryRow[]> {
    const from = this.#unix() - hours * 3_600;
    return (await this.#wholeWeek()).filter(({ ts }) => ts >= from);
  }

  /** Adds a row each minute until the signal. */
  async record(signal: AbortSignal): Promise<void> {
    const { clock, log, history } = this.#deps;
    while (!signal.aborted) {
      try {
        await clock.sleep(HISTORY_STEP_SECONDS * 1_000, signal);
      } catch {
        return; // the signal: the relay ends
      }
      try {
        await history.add({
          ...HistoryRow.omit({ ts: true }).parse(await this.now()),
          ts: this.#unix(),
        });
      } catch (error) {
        // A gap in a plot is all that it costs.
        log.error("cannot keep statistics", { error: String(error) });
      }
    }
  }

  #wholeWeek(): Promise<readonly HistoryRow[]> {
    const at = this.#deps.clock.monotonic();
    if (this.#week !== undefined && at - this.#week.at < FRESH_MS) return this.#week.rows;
    const rows = this.#deps.history.since(this.#unix() - HISTORY_SECONDS);
    this.#week = { at, rows };
    rows.catch(() => this.#week = undefined); // whoever asked learns why; the next one asks again
    return rows;
  }

  #unix(): number {
    return Math.floor(this.#deps.clock.now() / 1000);
  }
}
