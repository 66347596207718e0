/**
 * Keys that wake other nodes: a commit that adds to a slot also sets the key of the slot's shard,
 * and every node watches them all. Eight, because `kv.watch` takes at most ten; the ninth is of the
 * pairings.
 *
 *     ["wake", shard]                     always 1; only its versionstamp says anything
 */
import type { SlotId } from "../../protocol/ids.ts";

export const WAKE_SHARDS = 8;
/** Beside those of the slots: some pairing has gone on. */
export const PAIRING_SHARD = WAKE_SHARDS;

/** @param id 32 hex digits, random */
export const shardOf = (id: SlotId): number => parseInt(id.slice(0, 2), 16) % WAKE_SHARDS;

export const wakeKey = (shard: number): Deno.KvKey => ["wake", shard];

export const ALL_SHARDS: ReadonlySet<number> = new Set(
  Array.from({ length: WAKE_SHARDS + 1 }, (_, shard) => shard),
);

/** Adds the wake to a commit; without a check, so that wakes are never why it fails. */
export const wake = (operation: Deno.AtomicOperation, shard: number): Deno.AtomicOperation =>
  operation.set(wakeKey(shard), 1);
