/**
 * Slots in Deno KV: an embedded file that is synced at every commit, or a KV Connect server that
 * several relays share. Events are packed into segments, appends are committed in groups.
 */
import type { Clock } from "../../platform/clock.ts";
import { WireError } from "../../protocol/errors.ts";
import type { SlotId } from "../../protocol/ids.ts";
import type { Waiting } from "./batch.ts";
import { Committer } from "./committer.ts";
import { digestBytes, keyOf } from "./event_key.ts";
import {
  countKey,
  headKey,
  healthKey,
  readCount,
  readHealthRow,
  readSlotRow,
  slotKey,
} from "./kv_rows.ts";
import { LogCache } from "./log_cache.ts";
import { packEntry } from "./packing.ts";
import { pageOf } from "./page.ts";
import type { SlotLog } from "./slot_log.ts";
import {
  type Appended,
  type Counter,
  COUNTERS,
  type NewEvent,
  type Page,
  type PageRequest,
  type ResponderHealth,
  type SlotRecord,
  type SlotStore,
  type SlotStoreOptions,
  type SlotTotals,
} from "./slot_store.ts";

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

const encoder = new TextEncoder();

export class KvSlotStore implements SlotStore {
  readonly #kv: Deno.Kv;
  readonly #options: KvSlotStoreOptions;
  readonly #records = new Map<SlotId, SlotRecord>();
  readonly #logs: LogCache;
  readonly #committer: Committer;

  constructor(options: KvSlotStoreOptions) {
    this.#kv = options.kv;
    this.#options = options;
    this.#logs = new LogCache(options.kv, options.maxLogBytes ?? MAX_LOG_BYTES);
    this.#committer = new Committer({
      kv: options.kv,
      clock: options.clock,
      recheck: (waiting) => this.#recheck(waiting),
      onCommitted: ({ log }) => this.#logs.recount(log),
    });
  }

  async create(record: SlotRecord): Promise<boolean> {
    const slots = await this.#kv.get(countKey("slots"));
    if (readCount(slots.value) >= this.#options.maxSlots) return false;
    const result = await writing("the slot", () =>
      this.#kv.atomic()
        .check({ key: slotKey(record.id), versionstamp: null })
        .set(slotKey(record.id), { token_hash: record.tokenHash, created_at: record.createdAt })
        .set(headKey(record.id), { next: 1, bytes: 0 })
        .sum(countKey("slots"), 1n)
        .sum(countKey("slot_allocations_total"), 1n)
        .commit());
    if (!result.ok) throw new WireError("conflict", "Cannot create a slot twice");
    this.#remember(record);
    return true;
  }

  async find(id: SlotId): Promise<SlotRecord | undefined> {
    const known = this.#records.get(id);
    if (known !== undefined) return known;
    const { value } = await this.#kv.get(slotKey(id));
    if (value === null) return undefined;
    const row = readSlotRow(value);
    const record = { id, tokenHash: row.token_hash, createdAt: row.created_at };
    this.#remember(record);
    return record;
  }

  async append(id: SlotId, event: NewEvent): Promise<Appended> {
    const log = this.#logs.ready(id) ?? await this.#logs.load(id);
    const key = event.id === undefined ? undefined : keyOf(event.id);
    const digest = key === undefined ? undefined : log.ids.digestOf(key);
    if (digest !== undefined) return { status: "duplicate", digest };
    if (event.id !== undefined && log.inFlight.has(event.id)) {
      // Answered only after that commit: else we would name an event that a crash loses. If it
      // fails, this one is stored instead.
      await Promise.allSettled([log.inFlight.get(event.id)]);
      return await this.append(id, event);
    }
    const body = encoder.encode(event.text);
    if (log.bytes + log.waitingBytes + body.length > this.#options.maxSlotBytes) {
      return { status: "full", bytesUsed: log.bytes + log.waitingBytes };
    }
    return await this.#enqueue(log, event.id, key, body);
  }

  async list(id: SlotId, { since, limit, maxBytes }: PageRequest): Promise<Page> {
    const log = await this.#fresh(id);
    const last = since === undefined ? undefined : log.ids.seqOf(keyOf(since));
    const from = (last ?? 0) + 1;
    return pageOf(this.#kv, log, { from, until: Math.min(from + limit, log.next), maxBytes });
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
      await this.#committer.drain();
    } finally {
      this.#kv.close();
    }
  }

  #enqueue(
    log: SlotLog,
    id: string | undefined,
    key: Uint8Array | undefined,
    body: Uint8Array,
  ): Promise<Appended> {
    const digest = digestBytes(body);
    const { promise, resolve, reject } = Promise.withResolvers<Appended>();
    const packed = packEntry(id, { key, digest, body });
    log.waiting += 1;
    log.waitingBytes += body.length;
    if (id !== undefined) log.inFlight.set(id, promise);
    const settle = () => {
      log.waiting -= 1;
      log.waitingBytes -= body.length;
      if (id !== undefined) log.inFlight.delete(id);
    };
    this.#committer.add({
      log,
      key,
      digest,
      packed,
      bodyBytes: body.length,
      checkedAt: log.foreign,
      attempts: 0,
      answer(answer) {
        settle();
        resolve(answer);
      },
      fail(error) {
        settle();
        reject(error);
      },
    });
    return promise;
  }

  #recheck({ log, key, bodyBytes }: Waiting): Appended | undefined {
    const digest = key === undefined ? undefined : log.ids.digestOf(key);
    if (digest !== undefined) return { status: "duplicate", digest };
    if (log.bytes + bodyBytes > this.#options.maxSlotBytes) {
      return { status: "full", bytesUsed: log.bytes };
    }
    return undefined;
  }

  async #fresh(id: SlotId): Promise<SlotLog> {
    const log = this.#logs.ready(id) ?? await this.#logs.load(id);
    if (this.#options.isShared) await log.refresh(this.#kv);
    return log;
  }

  #remember(record: SlotRecord): void {
    const [oldest] = this.#records.keys();
    if (this.#records.size >= MAX_RECORDS && oldest !== undefined) this.#records.delete(oldest);
    this.#records.set(record.id, record);
  }
}

/** @throws {WireError} write_failed */
async function writing<T>(what: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WireError("write_failed", `Cannot store ${what}: ${reason}`, { cause });
  }
}
