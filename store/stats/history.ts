/**
 * What a relay remembers of its own past: one row a minute, for a week. One contract for every
 * adapter: tests/contract/stats_history_contract.ts. See docs/protocol/relay.md §5.15.
 */
import { z } from "zod";

const count = z.int().nonnegative();

/** As `GET /stats.history` shows it. The first four say how it was, the others count for ever. */
export const HistoryRow = z.object({
  /** Unix seconds, a whole minute. */
  ts: count,
  handles_active: count,
  slots_active: count,
  pair_slots_open: count,
  streams_active: count,
  events_posted_total: count,
  handle_claims_total: count,
  handle_first_claims_total: count,
  pair_opens_total: count,
  slot_allocations_total: count,
});
export type HistoryRow = z.infer<typeof HistoryRow>;

export const HISTORY_STEP_SECONDS = 60;
/** The longest that anybody may ask for. */
export const HISTORY_HOURS = 168;
/** Rows are forgotten once nobody can ask for them any more. */
export const HISTORY_SECONDS = (HISTORY_HOURS + 1) * 3_600;

export interface StatsHistory {
  /** Replaces this relay's row of the same minute. @param row `ts` may be any second of it */
  add(row: HistoryRow): Promise<void>;
  /** Rows of that second or later, oldest first, those of several relays on one store added up. */
  since(unix: number): Promise<readonly HistoryRow[]>;
}

export const minuteOf = (unix: number): number => unix - unix % HISTORY_STEP_SECONDS;

/** What belongs to a relay is added, what belongs to the store is the same for all. */
export const together = (a: HistoryRow, b: HistoryRow): HistoryRow => ({
  ts: a.ts,
  handles_active: Math.max(a.handles_active, b.handles_active),
  slots_active: Math.max(a.slots_active, b.slots_active),
  pair_slots_open: Math.max(a.pair_slots_open, b.pair_slots_open),
  streams_active: a.streams_active + b.streams_active,
  events_posted_total: Math.max(a.events_posted_total, b.events_posted_total),
  handle_claims_total: Math.max(a.handle_claims_total, b.handle_claims_total),
  handle_first_claims_total: Math.max(a.handle_first_claims_total, b.handle_first_claims_total),
  pair_opens_total: Math.max(a.pair_opens_total, b.pair_opens_total),
  slot_allocations_total: Math.max(a.slot_allocations_total, b.slot_allocations_total),
});
