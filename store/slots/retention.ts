/**
 * Mail that is read makes room: what the owner has acked and what is older than the operator wants
 * loses its body, slot by slot, in the background. See docs/protocol/extensions.md §4.
 */
import type { Clock } from "../../platform/clock.ts";
import type { SlotId } from "../../protocol/ids.ts";
import { isSlotId } from "../../protocol/ids.ts";
import { Acks } from "./acks.ts";
import type { Committers } from "./committers.ts";
import { type Dropping, planDropping } from "./dropping.ts";
import type { Grant } from "./grant.ts";
import { grantKey, readGrantRow } from "./kv_grant_rows.ts";
import type { KvGrants } from "./kv_grants.ts";
import { headKey, type HeadRow, readHeadRow, segmentKey } from "./kv_rows.ts";
import type { LogCache } from "./log_cache.ts";
import { marksKey, readMarks, storedBy, withMark } from "./marks.ts";
import { damaged } from "./packing.ts";
import type { SlotLog } from "./slot_log.ts";
import type { SweepOptions, Swept as SweptAll } from "./slot_store.ts";
import { writePart } from "./batch.ts";
import { writing } from "./writing.ts";

type Swept = Omit<SweptAll, "removed">;

/** Remembered of one slot. See docs/protocol/extensions.md §4. */
export const MAX_SLOT_IDS = 1_000_000;

/** Other processes' appends may come first so often; the next sweep tries again. */
const MAX_ATTEMPTS = 16;

export interface RetentionDeps {
  readonly kv: Deno.Kv;
  readonly clock: Clock;
  readonly logs: LogCache;
  readonly grants: KvGrants;
  readonly committer: Pick<Committers, "between" | "shardOf">;
}

export class Retention {
  readonly #deps: RetentionDeps;
  readonly #acks: Acks;

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
    this.#acks = new Acks(deps);
  }

  /** Resolves once it is on the disk. */
  ack(log: SlotLog, seq: number): Promise<void> {
    return this.#acks.add(log, seq);
  }

  /** Puts on the disk what is on its way. */
  flush(): Promise<void> {
    return this.#acks.flush();
  }

  /**
   * One slot that cannot be swept holds up none of the others.
   * @throws {WireError} unreadable, write_failed: the first, once all have been looked at
   */
  async sweep({ retainMs, signal }: SweepOptions): Promise<Swept> {
    const swept = { events: 0, bytes: 0 };
    const failures: unknown[] = [];
    const heads = this.#deps.kv.list({ prefix: ["head"] }, { batchSize: 500 });
    for await (const { key, value } of heads) {
      if (signal?.aborted === true) break;
      try {
        const head = readHeadRow(value);
        if (head.next === 1) continue;
        const dropped = await this.#sweepSlot(slotOf(key), head, { retainMs, signal });
        swept.events += dropped.events;
        swept.bytes += dropped.bytes;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return swept;
  }

  async #sweepSlot(
    slot: SlotId,
    head: HeadRow,
    { retainMs, signal }: SweepOptions,
  ): Promise<Swept> {
    const { kv, clock } = this.#deps;
    const now = clock.now();
    const row = await kv.get(marksKey(slot));
    const before = readMarks(row.value);
    const seq = head.next - 1;
    const isNews = seq > (before.at(-1)?.seq ?? 0);
    const marks = isNews ? withMark(before, { seq, at: now }, head.dropped ?? 0) : before;
    if (isNews) {
      // Where another process has just marked it, its mark does as well.
      await writing(
        "when a slot's events came",
        () => kv.atomic().check(row).set(marksKey(slot), marks).commit(),
      );
    }
    const until = retainMs === undefined
      ? 0
      : Math.min(head.acked ?? 0, storedBy(marks, now - retainMs));
    return await this.#dropUntil(slot, { from: head.dropped ?? 0, until }, signal);
  }

  async #dropUntil(
    slot: SlotId,
    { from, until }: { readonly from: number; readonly until: number },
    signal: AbortSignal | undefined,
  ): Promise<Swept> {
    const { committer } = this.#deps;
    const swept = { events: 0, bytes: 0 };
    let dropped = from;
    let attempts = 0;
    while (dropped < until && attempts < MAX_ATTEMPTS && signal?.aborted !== true) {
      // One commit at a time, so that appends come between.
      const done = await committer.between(
        committer.shardOf(slot),
        () => this.#dropSome(slot, until),
      );
      if (done === undefined) {
        attempts += 1;
        continue;
      }
      if (done.until <= dropped) break;
      attempts = 0;
      dropped = done.until;
      swept.events += done.events;
      swept.bytes += done.freed;
    }
    return swept;
  }

  /** @returns undefined if another process has written to the slot meanwhile */
  async #dropSome(
    slot: SlotId,
    until: number,
  ): Promise<Pick<Dropping, "until" | "events" | "freed"> | undefined> {
    const { kv, logs, grants } = this.#deps;
    const row = await kv.get(headKey(slot));
    const head = readHeadRow(row.value);
    const dropped = head.dropped ?? 0;
    const plan = await planDropping(kv, slot, { dropped, until });
    if (plan === undefined) return { until: dropped, events: 0, freed: 0 };
    const operation = kv.atomic().check(row).set(headKey(slot), {
      ...head,
      bytes: Math.max(0, head.bytes - plan.freed),
      dropped: plan.until,
    });
    replaceSegments(operation, slot, plan);
    await this.#giveBack(operation, slot, plan.freedByGrant);
    const result = await writing("the ids of a slot", () => operation.commit());
    if (!result.ok) return undefined;
    const log = logs.known(slot);
    // The head as it was read may be behind it, or ahead: it looks itself.
    if (log !== undefined) await log.refresh(kv);
    for (const id of plan.freedByGrant.keys()) {
      const state = await grants.state(slot, id);
      if (state !== undefined) await grants.refresh(state);
    }
    return plan;
  }

  /** See docs/protocol/extensions.md §14 ruling 8. */
  async #giveBack(
    operation: Deno.AtomicOperation,
    slot: SlotId,
    freedByGrant: Dropping["freedByGrant"],
  ): Promise<void> {
    for (const [id, freed] of freedByGrant) {
      const row = await this.#deps.kv.get(grantKey(slot, id));
      if (row.versionstamp === null) continue; // revoked long ago, and forgotten
      const grant = readGrantRow(row.value);
      const after: Grant = { ...grant, bytes: Math.max(0, grant.bytes - freed) };
      operation.check(row).set(grantKey(slot, id), after);
    }
  }
}

function replaceSegments(
  operation: Deno.AtomicOperation,
  slot: SlotId,
  { sources, parts }: Dropping,
): void {
  const kept = new Set(parts.map(({ firstSeq }) => firstSeq));
  for (const { firstSeq, chunks } of sources) {
    for (let chunk = kept.has(firstSeq) ? 1 : 0; chunk < chunks; chunk++) {
      operation.delete(segmentKey(slot, firstSeq, chunk));
    }
  }
  for (const part of parts) writePart(operation, slot, part);
}

function slotOf(key: Deno.KvKey): SlotId {
  const [, id] = key;
  if (typeof id === "string" && isSlotId(id)) return id;
  throw damaged("a slot's head has a key of unknown form");
}
