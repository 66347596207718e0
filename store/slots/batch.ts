/** What one commit writes: some appends to some slots, within KV's bounds for a commit. */
import type { EpochMs, SlotId } from "../../protocol/ids.ts";
import { type Grant, used } from "./grant.ts";
import { type Intro, INTRO_TTL_MS, takeIn } from "./intake.ts";
import { grantKey } from "./kv_grant_rows.ts";
import type { GrantState } from "./kv_grants.ts";
import { headKey, headRow, intakeKey, introKey, segmentKey } from "./kv_rows.ts";
import { packSegment } from "./packing.ts";
import type { SlotLog } from "./slot_log.ts";
import type { Appended } from "./slot_store.ts";
import { CHUNK_BYTES, type Part, partsOf, type Tail } from "./tail.ts";

/** KV takes 1,000 mutations, 100 checks and 800 KiB in a commit. */
const MAX_MUTATIONS = 400;
const MAX_CHECKS = 100;
const MAX_BYTES = 700 * 1024;
/** Of each slot: the head, its segment, and the overwritten first part of a merge. */
const MUTATIONS_PER_SLOT = 3;
/** Kept free for further segments of large events (at most 24 in 700 KiB) and for counters. */
const SPARE_MUTATIONS = 40;
/** Of each introduction: its body, one that gives way, and its share of the intake's row. */
const MUTATIONS_PER_INTRO = 3;

/** An append on its way. */
export interface Waiting {
  readonly log: SlotLog;
  readonly key: Uint8Array | undefined;
  readonly digest: Uint8Array;
  readonly packed: Uint8Array;
  /** That count against the quotas. */
  readonly bodyBytes: number;
  /** The grant it came with, as readers are told. */
  readonly via: string | null;
  readonly grant: GrantUse | undefined;
  readonly intro: NewIntro | undefined;
  /** `foreign` of the log when it was last seen that this event is not there. */
  checkedAt: number;
  attempts: number;
  answer(answer: Appended): void;
  fail(error: unknown): void;
}

export interface GrantUse {
  readonly state: GrantState;
  readonly at: EpochMs;
  /** `foreign` of the state when it was last seen that the grant allows it. */
  checkedAt: number;
}

export interface NewIntro {
  readonly source: string;
  readonly at: EpochMs;
  readonly body: Uint8Array;
}

/** Takes from the front of the queue what fits into one commit; at least one. */
export function takeBatch(queue: Waiting[]): Waiting[] {
  const slots = new Set<SlotLog>();
  const grants = new Set<GrantState>();
  let mutations = SPARE_MUTATIONS;
  let bytes = 0;
  let taken = 0;
  for (const { log, packed, grant, intro } of queue) {
    if (!slots.has(log)) {
      mutations += MUTATIONS_PER_SLOT + log.tail.parts.length;
      if (log.tail.parts.length > 1) bytes += log.tail.bytes;
    }
    slots.add(log);
    if (grant !== undefined && !grants.has(grant.state)) mutations++;
    if (grant !== undefined) grants.add(grant.state);
    if (intro !== undefined) mutations += MUTATIONS_PER_INTRO;
    bytes += packed.length + (intro?.body.length ?? 0);
    const isOver = mutations > MAX_MUTATIONS || bytes > MAX_BYTES ||
      slots.size + grants.size > MAX_CHECKS;
    if (isOver && taken > 0) break;
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
  readonly intake: readonly Intro[];
  /** By seq. */
  readonly introductions: ReadonlyMap<number, NewIntro>;
  /** Seqs whose bodies go. */
  readonly evicted: readonly number[];
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
      ...introductionsOf(log, waiting),
    };
  });
}

function introductionsOf(
  log: SlotLog,
  waiting: readonly Waiting[],
): Pick<SlotChange, "intake" | "introductions" | "evicted"> {
  let intake = log.intake;
  const introductions = new Map<number, NewIntro>();
  const evicted: number[] = [];
  waiting.forEach(({ intro }, i) => {
    if (intro === undefined) return;
    const seq = log.next + i;
    const { live, gone } = takeIn(intake, { seq, source: intro.source, at: intro.at });
    intake = live;
    introductions.set(seq, intro);
    for (const other of gone) if (!introductions.delete(other)) evicted.push(other);
  });
  return { intake, introductions, evicted };
}

/** What a commit changes in one grant. */
export interface GrantChange {
  readonly state: GrantState;
  readonly grant: Grant;
}

export function grantChangesOf(batch: readonly Waiting[]): GrantChange[] {
  const changes = new Map<GrantState, Grant>();
  for (const { grant, bodyBytes } of batch) {
    if (grant === undefined) continue;
    const { state, at } = grant;
    changes.set(state, used(changes.get(state) ?? state.grant, { at, bytes: bodyBytes }));
  }
  return [...changes].map(([state, grant]) => ({ state, grant }));
}

/** Each guarded by the grant's row: a revoked one is never used. */
export function writeGrants(
  operation: Deno.AtomicOperation,
  changes: readonly GrantChange[],
): void {
  for (const { state: { slot, versionstamp }, grant } of changes) {
    const key = grantKey(slot, grant.id);
    operation.check({ key, versionstamp });
    operation.set(key, grant);
  }
}

/** Puts the changes into one atomic operation, each guarded by its slot's head. */
export function writeChanges(
  operation: Deno.AtomicOperation,
  changes: readonly SlotChange[],
): void {
  for (const change of changes) {
    const { log, next, bytes, parts, merged, gone } = change;
    operation.check({ key: headKey(log.id), versionstamp: log.versionstamp });
    operation.set(
      headKey(log.id),
      headRow({ next, bytes, isRetired: false, acked: log.acked, dropped: log.dropped }),
    );
    writeIntroductions(operation, change);
    for (const firstSeq of gone) operation.delete(segmentKey(log.id, firstSeq, 0));
    if (merged !== undefined) writePart(operation, log.id, merged);
    for (const part of parts) writePart(operation, log.id, part);
  }
}

function writeIntroductions(
  operation: Deno.AtomicOperation,
  { log, intake, introductions, evicted }: SlotChange,
): void {
  if (intake === log.intake) return;
  operation.set(intakeKey(log.id), intake);
  for (const seq of evicted) operation.delete(introKey(log.id, seq));
  for (const [seq, { body }] of introductions) {
    operation.set(introKey(log.id, seq), body, { expireIn: INTRO_TTL_MS });
  }
}

/** Puts a segment in its place, in chunks of what a value may have. */
export function writePart(operation: Deno.AtomicOperation, slot: SlotId, part: Part): void {
  const bytes = packSegment(part.payloads, part.count);
  for (let chunk = 0; chunk * CHUNK_BYTES < bytes.length; chunk++) {
    const start = chunk * CHUNK_BYTES;
    operation.set(
      segmentKey(slot, part.firstSeq, chunk),
      bytes.subarray(start, start + CHUNK_BYTES),
    );
  }
}
