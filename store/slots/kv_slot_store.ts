/**
 * Slots in Deno KV: an embedded file that is synced at every commit, or a KV Connect server that
 * several relays share. Events are packed into segments, appends are committed in groups.
 */
import type { Clock } from "../../platform/clock.ts";
import { WireError } from "../../protocol/errors.ts";
import type { EpochMs, SlotId } from "../../protocol/ids.ts";
import { Appender } from "./appender.ts";
import type { SlotChange } from "./batch.ts";
import { Committers } from "./committers.ts";
import { keyOf } from "./event_key.ts";
import type { Grant, GrantLimits, LimitsChanged, NewGrant } from "./grant.ts";
import { isLive } from "./intake.ts";
import { KvGrants } from "./kv_grants.ts";
import {
  countKey,
  headKey,
  healthKey,
  readCount,
  readHeadRow,
  readHealthRow,
  readSlotRow,
  slotKey,
} from "./kv_rows.ts";
import { LogCache } from "./log_cache.ts";
import { unknownSlot } from "./memory_slot_store.ts";
import { pageOf, runOf } from "./page.ts";
import { MAX_SLOT_IDS, Retention } from "./retention.ts";
import type { SlotLog } from "./slot_log.ts";
import {
  type Appended,
  type AppendedOfMany,
  type AppendOptions,
  type Counter,
  COUNTERS,
  type FoundSlot,
  type NewEvent,
  type Page,
  type PageRequest,
  type ResponderHealth,
  type Run,
  type RunRequest,
  type SlotRecord,
  type SlotStore,
  type SlotStoreOptions,
  type SlotTotals,
  type StoredListener,
  type SweepOptions,
  type Swept,
} from "./slot_store.ts";
import { removeUnused } from "./unused.ts";
import { shardOf, wake } from "./wake.ts";
import { writing } from "./writing.ts";

export interface KvSlotStoreOptions extends SlotStoreOptions {
  /** Open, checked by `openKv`; closed with the store. */
  readonly kv: Deno.Kv;
  readonly clock: Clock;
  /** Other processes write to the same store. */
  readonly isShared: boolean;
  /** Memory for ids and log ends of slots in use. */
  readonly maxLogBytes?: number;
}

const MAX_LOG_BYTES = 512 * 1024 * 1024;
/** Credentials kept in memory; the others are read when asked for. */
const MAX_RECORDS = 65_536;
/** Other processes' retirements are seen after this long. */
const FRESH_MS = 1_000;
/** Appends of other processes may come first so often. */
const MAX_RETIRE_ATTEMPTS = 256;

export class KvSlotStore implements SlotStore {
  readonly #kv: Deno.Kv;
  readonly #options: KvSlotStoreOptions;
  readonly #records = new Map<SlotId, { readonly slot: FoundSlot; readonly readAt: number }>();
  readonly #grants: KvGrants;
  readonly #logs: LogCache;
  readonly #committer: Committers;
  readonly #appender: Appender;
  readonly #retention: Retention;
  #listener: StoredListener | undefined;

  constructor(options: KvSlotStoreOptions) {
    this.#kv = options.kv;
    this.#options = options;
    this.#logs = new LogCache(options.kv, options.maxLogBytes ?? MAX_LOG_BYTES);
    this.#grants = new KvGrants(options);
    this.#committer = new Committers({
      kv: options.kv,
      clock: options.clock,
      recheck: (waiting) => this.#appender.recheck(waiting),
      refreshGrant: (state) => this.#grants.refresh(state),
      onCommitted: (change, firstSeq) => this.#committed(change, firstSeq),
    }, options);
    this.#appender = new Appender({
      logs: this.#logs,
      grants: this.#grants,
      committer: this.#committer,
      maxSlotBytes: options.maxSlotBytes,
      maxSlotIds: options.maxSlotIds ?? MAX_SLOT_IDS,
    });
    this.#retention = new Retention({
      kv: options.kv,
      clock: options.clock,
      logs: this.#logs,
      grants: this.#grants,
      committer: this.#committer,
    });
  }

  async create(record: SlotRecord): Promise<boolean> {
    const slots = await this.#kv.get(countKey("slots"));
    if (readCount(slots.value) >= this.#options.maxSlots) return false;
    const result = await writing("the slot", () =>
      this.#kv.atomic()
        .check({ key: slotKey(record.id), versionstamp: null })
        .set(slotKey(record.id), {
          token_hash: record.tokenHash,
          created_at: record.createdAt,
          class: record.class,
        })
        .set(headKey(record.id), { next: 1, bytes: 0 })
        .sum(countKey("slots"), 1n)
        .sum(countKey("slot_allocations_total"), 1n)
        .commit());
    if (!result.ok) throw new WireError("conflict", "Cannot create a slot twice");
    this.#remember({ ...record, isRetired: false });
    return true;
  }

  async find(id: SlotId): Promise<FoundSlot | undefined> {
    const known = this.#records.get(id);
    const now = this.#options.clock.monotonic();
    if (known !== undefined && (!this.#options.isShared || now - known.readAt < FRESH_MS)) {
      return known.slot;
    }
    const [row, head] = await this.#kv.getMany([slotKey(id), headKey(id)]);
    if (row.value === null) return undefined;
    const { token_hash, created_at, class: slotClass } = readSlotRow(row.value);
    const slot: FoundSlot = {
      id,
      tokenHash: token_hash,
      createdAt: created_at,
      class: slotClass,
      isRetired: readHeadRow(head.value).retired === true,
    };
    this.#remember(slot);
    return slot;
  }

  /** Through the head, which every append checks: what is on its way is looked at anew. */
  async retire(id: SlotId): Promise<void> {
    for (let attempts = 0; attempts < MAX_RETIRE_ATTEMPTS; attempts++) {
      const row = await this.#kv.get(headKey(id));
      if (row.versionstamp === null) throw unknownSlot();
      const head = readHeadRow(row.value);
      if (head.retired !== true) {
        const operation = this.#kv.atomic().check(row).set(headKey(id), { ...head, retired: true });
        if (this.#options.isShared) wake(operation, shardOf(id));
        if (!(await writing("the retirement", () => operation.commit())).ok) continue;
      }
      this.#records.delete(id);
      await this.find(id);
      await this.#logs.ready(id)?.refresh(this.#kv);
      return;
    }
    throw new WireError("write_failed", "Cannot retire the slot: others kept writing to it");
  }

  createGrant(slot: SlotId, grant: NewGrant): Promise<boolean> {
    return this.#grants.create(slot, grant);
  }

  findGrant(slot: SlotId, tokenHash: Uint8Array): Promise<Grant | undefined> {
    return this.#grants.find(slot, tokenHash);
  }

  grants(slot: SlotId): Promise<readonly Grant[]> {
    return this.#grants.list(slot);
  }

  changeLimits(
    slot: SlotId,
    id: string,
    change: Partial<GrantLimits>,
  ): Promise<LimitsChanged> {
    return this.#grants.changeLimits(slot, id, change);
  }

  revokeGrant(slot: SlotId, id: string, at: EpochMs): Promise<Grant | undefined> {
    return this.#grants.revoke(slot, id, at);
  }

  append(id: SlotId, event: NewEvent, options: AppendOptions = {}): Promise<Appended> {
    return this.#appender.append(id, event, options);
  }

  appendAll(
    id: SlotId,
    events: readonly NewEvent[],
    options: AppendOptions = {},
  ): Promise<readonly AppendedOfMany[]> {
    return this.#appender.appendAll(id, events, options);
  }

  listen(listener: StoredListener): void {
    this.#listener = listener;
  }

  async entries(id: SlotId, { after, limit, maxBytes }: RunRequest): Promise<Run> {
    const log = await this.#fresh(id);
    const now = this.#options.clock.now();
    const from = Math.min(after + 1, log.next);
    return await runOf(this.#kv, log, { from, until: log.next, limit, maxBytes, now });
  }

  async seqOf(id: SlotId, eventId: string): Promise<number | undefined> {
    return (await this.#fresh(id)).ids.seqOf(keyOf(eventId));
  }

  async head(id: SlotId): Promise<number> {
    return (await this.#fresh(id)).next - 1;
  }

  async list(id: SlotId, { since, limit, maxBytes }: PageRequest): Promise<Page> {
    const log = await this.#fresh(id);
    const last = since === undefined ? undefined : log.ids.seqOf(keyOf(since));
    const from = (last ?? 0) + 1;
    const now = this.#options.clock.now();
    return pageOf(this.#kv, log, { from, until: log.next, limit, maxBytes, now });
  }

  async backlog(
    id: SlotId,
    { after, until }: { readonly after: number; readonly until: number },
  ): Promise<number> {
    const { dropped, introductions, intake } = await this.#fresh(id);
    const first = Math.max(after, dropped);
    const now = this.#options.clock.now();
    const own = introductions.filter((seq) => seq > first && seq <= until).length;
    const live =
      intake.filter((intro) => intro.seq > after && intro.seq <= until && isLive(intro, now))
        .length;
    return Math.max(0, until - first) - own + live;
  }

  async ack(id: SlotId, seq: number): Promise<boolean> {
    if ((await this.find(id))?.class !== "owner") return false;
    await this.#retention.ack(await this.#fresh(id), seq);
    return true;
  }

  async acked(id: SlotId): Promise<number> {
    return (await this.#fresh(id)).acked;
  }

  async sweep(options: SweepOptions): Promise<Swept> {
    const { events, bytes } = await this.#retention.sweep(options);
    const { unused } = options;
    if (unused === undefined) return { events, bytes, removed: [] };
    const removed = await removeUnused(this.#kv, unused, this.#options.clock.now());
    for (const id of removed) {
      this.#records.delete(id);
      this.#logs.forget(id);
    }
    return { events, bytes, removed };
  }

  async totals(id: SlotId): Promise<SlotTotals> {
    const log = await this.#fresh(id);
    return { events: log.next - 1, bytes: log.bytes };
  }

  async setHealth(id: SlotId, health: ResponderHealth): Promise<void> {
    await writing("the responder's health", () => this.#kv.set(healthKey(id), { ...health }));
  }

  async health(id: SlotId): Promise<ResponderHealth | undefined> {
    const { value } = await this.#kv.get(healthKey(id));
    return value === null ? undefined : readHealthRow(value);
  }

  count(counter: Counter): void {
    this.#committer.count(counter, 1);
  }

  async counters(): Promise<Readonly<Record<Counter, number>>> {
    await this.#committer.drain();
    const counters = { events_posted_total: 0, pair_opens_total: 0, slot_allocations_total: 0 };
    for (const counter of COUNTERS) {
      counters[counter] = readCount((await this.#kv.get(countKey(counter))).value);
    }
    return counters;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#retention.flush();
      await this.#committer.drain();
    } finally {
      this.#kv.close();
    }
  }

  #committed({ log, waiting }: SlotChange, firstSeq: number): void {
    this.#logs.recount(log);
    this.#listener?.(
      log.id,
      waiting.map(({ packed, bodyBytes, intro, via }, i) => ({
        seq: firstSeq + i,
        via,
        bytes: intro?.body ?? packed.subarray(packed.length - bodyBytes),
      })),
    );
  }

  async #fresh(id: SlotId): Promise<SlotLog> {
    const log = this.#logs.ready(id) ?? await this.#logs.load(id);
    if (this.#options.isShared) await log.refresh(this.#kv);
    return log;
  }

  #remember(found: FoundSlot): void {
    // Whoever read it before it was retired may come last; it is never opened again.
    const slot = this.#records.get(found.id)?.slot.isRetired === true
      ? { ...found, isRetired: true }
      : found;
    const [oldest] = this.#records.keys();
    if (this.#records.size >= MAX_RECORDS && oldest !== undefined) this.#records.delete(oldest);
    this.#records.set(slot.id, { slot, readAt: this.#options.clock.monotonic() });
  }
}
