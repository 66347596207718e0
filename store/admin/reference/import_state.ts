/**
 * A relay of the reference becomes one of ours: mailboxes with their tokens as hashes, mail byte for
 * byte, nicks, invites, counters and their history. Again is no harm: only what is missing is added.
 */
import type { Clock } from "../../../platform/clock.ts";
import type { Files } from "../../../platform/files.ts";
import { plain } from "../../../protocol/json/value.ts";
import { KvDirectory } from "../../directory/kv_directory.ts";
import { countKey as directoryCount } from "../../directory/kv_rows.ts";
import { countKey } from "../../slots/kv_rows.ts";
import { KvSlotStore } from "../../slots/kv_slot_store.ts";
import { HISTORY_SECONDS, HistoryRow } from "../../stats/history.ts";
import { KvHistory } from "../../stats/kv_history.ts";
import { writing } from "../../slots/writing.ts";
import { importDirectory, type ImportedDirectory } from "./import_directory.ts";
import { type ImportedSlots, importSlots } from "./import_slots.ts";
import { OldState, type Skipped } from "./old_state.ts";

export interface Imported extends ImportedSlots, ImportedDirectory {
  /** Rows of the last week. */
  readonly history: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly skipped: readonly Skipped[];
}

export interface ImportRequest {
  /** The reference relay's state directory; that relay must have been stopped. */
  readonly from: string;
  /** Where to; undefined: there is no store yet, and none is made. */
  readonly kv: Deno.Kv | undefined;
  readonly isShared: boolean;
  readonly isDryRun: boolean;
}

const SLOT_COUNTERS = [
  "events_posted_total",
  "pair_opens_total",
  "slot_allocations_total",
] as const;
const DIRECTORY_COUNTERS = ["handle_claims_total", "handle_first_claims_total"] as const;
/** An operator takes over what there is, however much. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** @throws {WireError} not_found, unreadable, write_failed */
export async function importState(
  { from, kv, isShared, isDryRun }: ImportRequest,
  { files, clock }: { readonly files: Files; readonly clock: Clock },
): Promise<Imported> {
  const old = new OldState(files, from);
  const now = clock.now();
  const store = kv === undefined ? undefined : new KvSlotStore({
    kv,
    clock,
    isShared,
    maxSlots: NO_LIMIT,
    maxSlotBytes: NO_LIMIT,
    maxSlotIds: NO_LIMIT,
  });
  const directory = kv === undefined
    ? undefined
    : new KvDirectory({ kv, maxHandles: NO_LIMIT, maxInvites: NO_LIMIT });
  const slots = await importSlots(old, { store, isDryRun, now });
  const listed = await importDirectory(old, { directory, store, isDryRun, now });
  // What was counted by taking it over is on the disk, before it is set to what was counted there.
  await store?.counters();
  const counters = await readCounters(old);
  const history = await recentHistory(old, now);
  if (kv !== undefined && !isDryRun) {
    await raiseCounters(kv, counters);
    const rows = new KvHistory({ kv, relay: "imported" });
    for (const row of history) await rows.add(row);
  }
  return { ...slots, ...listed, history: history.length, counters, skipped: old.skipped };
}

async function readCounters(old: OldState): Promise<Readonly<Record<string, number>>> {
  const value = await old.document("counters.json");
  const found = value === undefined ? {} : Object(plain(value));
  const counters: Record<string, number> = {};
  for (const name of [...SLOT_COUNTERS, ...DIRECTORY_COUNTERS]) {
    const count: unknown = found[name];
    if (typeof count === "number" && Number.isSafeInteger(count) && count >= 0) {
      counters[name] = count;
    }
  }
  return counters;
}

/** Never down: what our relay has counted since stays. */
async function raiseCounters(
  kv: Deno.Kv,
  counters: Readonly<Record<string, number>>,
): Promise<void> {
  const operation = kv.atomic();
  for (const name of SLOT_COUNTERS) operation.max(countKey(name), BigInt(counters[name] ?? 0));
  for (const name of DIRECTORY_COUNTERS) {
    operation.max(directoryCount(name), BigInt(counters[name] ?? 0));
  }
  await writing("the counters", () => operation.commit());
}

/** One row a minute, as ours keeps them. */
async function recentHistory(old: OldState, nowMs: number): Promise<readonly HistoryRow[]> {
  const oldest = nowMs / 1_000 - HISTORY_SECONDS;
  const rows = new Map<number, HistoryRow>();
  for (const { value } of await old.lines("stats-history.jsonl")) {
    const row = HistoryRow.safeParse(plain(value));
    if (!row.success) old.skip("stats-history.jsonl", "a line is no row of statistics");
    else if (row.data.ts > oldest) rows.set(Math.floor(row.data.ts / 60), row.data);
  }
  return [...rows.values()];
}
