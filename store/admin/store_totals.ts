/** A relay's store in numbers. */
import { readCount as readDirectoryCount } from "../directory/kv_rows.ts";
import { overviews } from "./store_slots.ts";

export interface StoreTotals {
  readonly slots: number;
  readonly slotsOwner: number;
  readonly slotsRetired: number;
  readonly events: number;
  /** That count against quotas. */
  readonly bytes: number;
  readonly grantsLive: number;
  readonly grantsRevoked: number;
  /** By name: of each kind how many there are, and what was ever counted. */
  readonly counters: Readonly<Record<string, number>>;
}

/** @throws {WireError} unreadable */
export async function storeTotals(kv: Deno.Kv): Promise<StoreTotals> {
  const sum = {
    slots: 0,
    slotsOwner: 0,
    slotsRetired: 0,
    events: 0,
    bytes: 0,
    grantsLive: 0,
    grantsRevoked: 0,
  };
  for await (const slot of overviews(kv)) {
    sum.slots += 1;
    sum.slotsOwner += slot.class === "owner" ? 1 : 0;
    sum.slotsRetired += slot.isRetired ? 1 : 0;
    sum.events += slot.events;
    sum.bytes += slot.bytes;
    sum.grantsLive += slot.liveGrants;
    sum.grantsRevoked += slot.revokedGrants;
  }
  const counters: Record<string, number> = {
    events_posted_total: 0,
    handle_claims_total: 0,
    handle_first_claims_total: 0,
    handles: 0,
    invites: 0,
    pair_opens_total: 0,
    slot_allocations_total: 0,
  };
  for await (const { key, value } of kv.list({ prefix: ["count"] })) {
    const name = String(key[1]);
    if (name in counters) counters[name] = readDirectoryCount(value);
  }
  return { ...sum, counters };
}
