/** What one commit writes: some appends to some slots, within KV's bounds for a commit. */
import { headKey, segmentKey } from "./kv_rows.ts";
import { packSegment } from "./packing.ts";
import type { SlotLog } from "./slot_log.ts";
import type { Appended } from "./slot_store.ts";
import { MAX_PAYLOAD_BYTES, type Part, partsOf, type Tail } from "./tail.ts";

/** KV takes 1,000 mutations, 100 checks and 800 KiB in a commit. */
const MAX_MUTATIONS = 400;
const MAX_CHECKS = 100;
const MAX_BYTES = 700 * 1024;
/** Of each slot: the head, its segment, and the overwritten first part of a merge. */
const MUTATIONS_PER_SLOT = 3;
/** Kept free for further segments of large events (at most 24 in 700 KiB) and for counters. */
const SPARE_MUTATIONS = 40;

/** An append on its way. */
export interface Waiting {
  readonly log: SlotLog;
  readonly key: Uint8Array | undefined;
  readonly digest: Uint8Array;
  readonly packed: Uint8Array;
  readonly bodyBytes: number;
  /** `foreign` of the log when it was last seen that this event is not there. */
  checkedAt: number;
  attempts: number;
  answer(answer: Appended): void;
  fail(error: unknown): void;
}

/** Takes from the front of the queue what fits into one commit; at least one. */
export function takeBatch(queue: Waiting[]): Waiting[] {
  const slots = new Map<SlotLog, number>();
  let mutations = SPARE_MUTATIONS;
  let bytes = 0;
  let taken = 0;
  for (const { log, packed } of queue) {
    const known = slots.get(log);
    if (known === undefined) {
      mutations += MUTATIONS_PER_SLOT + log.tail.parts.length;
      if (log.tail.parts.length > 1) bytes += log.tail.bytes;
    }
    bytes += packed.length;
    const isOver = mutations > MAX_MUTATIONS || bytes > MAX_BYTES ||
      slots.size + (known === undefined ? 1 : 0) > MAX_CHECKS;
    if (isOver && taken > 0) break;
    slots.set(log, (known ?? 0) + packed.length);
    taken++;
  }
  return queue.splice(0, taken);
}

/** What a commit changes in one slot. */
export interface SlotChange {
  readonly log: SlotLog;
  readonly waiting: readonly Waiting[];
  readonly next: number;
  readonly bytes: number;
  readonly parts: readonly Part[];
  readonly merged: Part | undefined;
  readonly gone: readonly number[];
  readonly tail: Tail;
}

export function changesOf(batch: readonly Waiting[]): SlotChange[] {
  return [...Map.groupBy(batch, ({ log }) => log)].map(([log, waiting]) => {
    const parts = partsOf(log.next, waiting.map(({ packed }) => packed));
    return {
      log,
      waiting,
      next: log.next + waiting.length,
      bytes: waiting.reduce((sum, { bodyBytes }) => sum + bodyBytes, log.bytes),
      parts,
      ...log.tail.add(parts),
    };
  });
}

/** Puts the changes into one atomic operation, each guarded by its slot's head. */
export function writeChanges(
  operation: Deno.AtomicOperation,
  changes: readonly SlotChange[],
): void {
  for (const { log, next, bytes, parts, merged, gone } of changes) {
    operation.check({ key: headKey(log.id), versionstamp: log.versionstamp });
    operation.set(headKey(log.id), { next, bytes });
    for (const firstSeq of gone) operation.delete(segmentKey(log.id, firstSeq, 0));
    if (merged !== undefined) writeSegment(operation, log, merged);
    for (const part of parts) writeSegment(operation, log, part);
  }
}

function writeSegment(operation: Deno.AtomicOperation, log: SlotLog, part: Part): void {
  const bytes = packSegment(part.payloads, part.count);
  const chunkBytes = MAX_PAYLOAD_BYTES + 1024;
  for (let chunk = 0; chunk * chunkBytes < bytes.length; chunk++) {
    const start = chunk * chunkBytes;
    operation.set(
      segmentKey(log.id, part.firstSeq, chunk),
      bytes.subarray(start, start + chunkBytes),
    );
  }
}
