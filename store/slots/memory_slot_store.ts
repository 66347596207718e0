/** Slots in memory, held to the same contract as the durable ones. For tests and trials. */
import type { Clock } from "../../platform/clock.ts";
import { WireError } from "../../protocol/errors.ts";
import type { EpochMs, SlotId } from "../../protocol/ids.ts";
import { singleAnswer } from "./appender.ts";
import { digestBytes, keyOf } from "./event_key.ts";
import type { Grant, GrantLimits, LimitsChanged, NewGrant } from "./grant.ts";
import { used } from "./grant.ts";
import { IdTable } from "./id_table.ts";
import { type Intro, isLive, takeIn } from "./intake.ts";
import { type Mark, storedBy, withMark } from "./marks.ts";
import { MemoryGrants } from "./memory_grants.ts";
import { REMEMBERED_ID_BYTES } from "./dropping.ts";
import { idsFor } from "./arrival.ts";
import { MAX_SLOT_IDS } from "./retention.ts";
import type {
  Appended,
  AppendedOfMany,
  AppendOptions,
  Counter,
  Entry,
  FoundSlot,
  NewEvent,
  Page,
  PageRequest,
  ResponderHealth,
  Run,
  RunRequest,
  SlotRecord,
  SlotStore,
  SlotStoreOptions,
  SlotTotals,
  StoredListener,
  SweepOptions,
  Swept,
  UnusedOptions,
} from "./slot_store.ts";

interface MemoryBody extends Omit<Entry, "seq"> {
  readonly hasId: boolean;
  readonly isIntro: boolean;
}

interface MemorySlot {
  readonly record: SlotRecord;
  /** By seq − 1; what is gone leaves a hole. */
  readonly bodies: (MemoryBody | undefined)[];
  readonly ids: IdTable;
  readonly grants: MemoryGrants;
  intake: readonly Intro[];
  bytes: number;
  isRetired: boolean;
  acked: number;
  dropped: number;
  marks: readonly Mark[];
  seenAt: EpochMs;
  health?: ResponderHealth;
}

export class MemorySlotStore implements SlotStore {
  readonly #slots = new Map<SlotId, MemorySlot>();
  #listener: StoredListener | undefined;
  readonly #counters: Record<Counter, number> = {
    events_posted_total: 0,
    pair_opens_total: 0,
    slot_allocations_total: 0,
  };

  constructor(readonly options: SlotStoreOptions & { readonly clock: Clock }) {}

  async create(record: SlotRecord): Promise<boolean> {
    await Promise.resolve();
    if (this.#slots.size >= this.options.maxSlots) return false;
    if (this.#slots.has(record.id)) throw new WireError("conflict", "Cannot create a slot twice");
    this.#slots.set(record.id, {
      record,
      bodies: [],
      ids: new IdTable(),
      grants: new MemoryGrants(),
      intake: [],
      bytes: 0,
      isRetired: false,
      acked: 0,
      dropped: 0,
      marks: [],
      seenAt: 0,
    });
    this.count("slot_allocations_total");
    return true;
  }

  async find(id: SlotId): Promise<FoundSlot | undefined> {
    await Promise.resolve();
    const slot = this.#slots.get(id);
    return slot === undefined ? undefined : { ...slot.record, isRetired: slot.isRetired };
  }

  async retire(id: SlotId): Promise<void> {
    await Promise.resolve();
    this.#slot(id).isRetired = true;
  }

  async append(id: SlotId, event: NewEvent, options: AppendOptions = {}): Promise<Appended> {
    const [answer] = await this.appendAll(id, [event], options);
    return singleAnswer(answer);
  }

  async appendAll(
    id: SlotId,
    events: readonly NewEvent[],
    options: AppendOptions = {},
  ): Promise<readonly AppendedOfMany[]> {
    await Promise.resolve();
    const slot = this.#slot(id);
    const before = slot.bodies.length;
    const answers = events.map((event) => this.#append(slot, event, options));
    if (slot.bodies.length > before) {
      this.#listener?.(id, entriesOf(slot, { from: before + 1, gone: new Set() }));
    }
    return answers;
  }

  listen(listener: StoredListener): void {
    this.#listener = listener;
  }

  #append(slot: MemorySlot, event: NewEvent, options: AppendOptions): Appended {
    const grant = options.grant === undefined ? undefined : slot.grants.get(options.grant.id);
    if (slot.isRetired) return { status: "retired" };
    if (options.grant !== undefined && grant?.revokedAt !== null) return { status: "revoked" };
    const key = event.id === undefined ? undefined : keyOf(event.id);
    const known = key === undefined ? undefined : slot.ids.digestOf(key);
    const knownAt = key === undefined ? undefined : slot.ids.seqOf(key);
    if (known !== undefined && knownAt !== undefined) {
      return { status: "duplicate", digest: known, seq: knownAt };
    }
    if (options.admit?.() === false) return { status: "refused" };
    const body = new TextEncoder().encode(event.text);
    const ids = slot.ids.size;
    if (key !== undefined && ids >= idsFor(options, this.options.maxSlotIds ?? MAX_SLOT_IDS)) {
      return { status: "full", bytesUsed: slot.bytes, ids };
    }
    if (options.intro === undefined) {
      const over = this.#overQuota(slot, grant, body.length);
      if (over !== undefined) return over;
    }
    const seq = slot.bodies.push({
      bytes: body,
      via: grant?.id ?? null,
      hasId: key !== undefined,
      isIntro: options.intro !== undefined,
    });
    if (options.intro !== undefined) {
      const { live, gone } = takeIn(slot.intake, { seq, ...options.intro });
      slot.intake = live;
      for (const other of gone) slot.bodies[other - 1] = undefined;
    } else {
      slot.bytes += body.length;
      this.count("events_posted_total");
    }
    if (grant !== undefined && options.grant !== undefined) {
      slot.grants.put(used(grant, { at: options.grant.at, bytes: body.length }));
    }
    if (key !== undefined) slot.ids.add(key, digestBytes(body), seq);
    return { status: "stored", seq };
  }

  async list(id: SlotId, request: PageRequest): Promise<Page> {
    await Promise.resolve();
    const slot = this.#slot(id);
    const last = request.since === undefined ? undefined : slot.ids.seqOf(keyOf(request.since));
    const { entries } = this.#run(slot, { ...request, after: last ?? 0 });
    return (async function* () {
      await Promise.resolve();
      if (entries.length > 0) yield entries.map(({ bytes }) => bytes);
    })();
  }

  async entries(id: SlotId, request: RunRequest): Promise<Run> {
    await Promise.resolve();
    return this.#run(this.#slot(id), request);
  }

  async seqOf(id: SlotId, eventId: string): Promise<number | undefined> {
    await Promise.resolve();
    return this.#slot(id).ids.seqOf(keyOf(eventId));
  }

  async head(id: SlotId): Promise<number> {
    await Promise.resolve();
    return this.#slot(id).bodies.length;
  }

  async backlog(
    id: SlotId,
    { after, until }: { readonly after: number; readonly until: number },
  ): Promise<number> {
    const limit = Number.MAX_SAFE_INTEGER;
    const { entries } = await this.entries(id, { after, limit, maxBytes: limit });
    return entries.filter(({ seq }) => seq <= until).length;
  }

  async ack(id: SlotId, seq: number): Promise<boolean> {
    await Promise.resolve();
    const slot = this.#slot(id);
    if (slot.record.class !== "owner") return false;
    slot.acked = Math.max(slot.acked, Math.min(seq, slot.bodies.length));
    return true;
  }

  async acked(id: SlotId): Promise<number> {
    await Promise.resolve();
    return this.#slot(id).acked;
  }

  async sweep({ retainMs, unused }: SweepOptions): Promise<Swept> {
    await Promise.resolve();
    const now = this.options.clock.now();
    const removed = unused === undefined ? [] : this.#removeUnused(unused, now);
    const swept = { events: 0, bytes: 0, removed };
    for (const slot of this.#slots.values()) {
      const seq = slot.bodies.length;
      if (seq > (slot.marks.at(-1)?.seq ?? 0)) {
        slot.marks = withMark(slot.marks, { seq, at: now }, slot.dropped);
      }
      if (retainMs === undefined) continue;
      const until = Math.min(slot.acked, storedBy(slot.marks, now - retainMs));
      for (; slot.dropped < until; slot.dropped++) dropBody(slot, slot.dropped, swept);
    }
    return swept;
  }

  async totals(id: SlotId): Promise<SlotTotals> {
    await Promise.resolve();
    const { bodies, bytes } = this.#slot(id);
    return { events: bodies.length, bytes };
  }

  async createGrant(id: SlotId, grant: NewGrant): Promise<boolean> {
    await Promise.resolve();
    return this.#slot(id).grants.create(grant);
  }

  async findGrant(id: SlotId, tokenHash: Uint8Array): Promise<Grant | undefined> {
    await Promise.resolve();
    return this.#slots.get(id)?.grants.find(tokenHash);
  }

  async grants(id: SlotId): Promise<readonly Grant[]> {
    await Promise.resolve();
    return this.#slots.get(id)?.grants.list() ?? [];
  }

  async changeLimits(
    id: SlotId,
    grant: string,
    change: Partial<GrantLimits>,
  ): Promise<LimitsChanged> {
    await Promise.resolve();
    return this.#slots.get(id)?.grants.changeLimits(grant, change) ?? { status: "unknown" };
  }

  async revokeGrant(id: SlotId, grant: string, at: EpochMs): Promise<Grant | undefined> {
    await Promise.resolve();
    return this.#slots.get(id)?.grants.revoke(grant, at);
  }

  async setHealth(id: SlotId, health: ResponderHealth): Promise<void> {
    await Promise.resolve();
    this.#slot(id).health = health;
  }

  async health(id: SlotId): Promise<ResponderHealth | undefined> {
    await Promise.resolve();
    return this.#slot(id).health;
  }

  count(counter: Counter): void {
    this.#counters[counter] += 1;
  }

  async counters(): Promise<Readonly<Record<Counter, number>>> {
    await Promise.resolve();
    return { ...this.#counters };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve();
  }

  #run(slot: MemorySlot, { after, limit, maxBytes }: RunRequest): Run {
    const head = slot.bodies.length;
    const now = this.options.clock.now();
    const gone = new Set(
      slot.intake.filter((intro) => !isLive(intro, now)).map(({ seq }) => seq),
    );
    const entries: Entry[] = [];
    let bytes = 0;
    if (limit === 0) return { entries, next: after + 1, head };
    for (const entry of entriesOf(slot, { from: after + 1, gone })) {
      bytes += entry.bytes.length;
      const isOver = bytes > maxBytes && entries.length > 0;
      if (isOver || entries.length >= limit) return { entries, next: entry.seq, head };
      entries.push(entry);
    }
    return { entries, next: head + 1, head };
  }

  #removeUnused({ unusedMs, isInUse }: UnusedOptions, now: EpochMs): readonly SlotId[] {
    const removed: SlotId[] = [];
    for (const [id, slot] of this.#slots) {
      if (isInUse(id)) slot.seenAt = now;
      const isUsed = slot.bodies.length > 0 || slot.health !== undefined ||
        slot.grants.list().length > 0;
      if (!isUsed && Math.max(slot.record.createdAt, slot.seenAt) + unusedMs <= now) {
        this.#slots.delete(id);
        removed.push(id);
      }
    }
    return removed;
  }

  #overQuota(slot: MemorySlot, grant: Grant | undefined, bytes: number): Appended | undefined {
    if (grant !== undefined && grant.bytes + bytes > grant.limits.maxBytes) {
      const { maxBytes } = grant.limits;
      return { status: "grant_full", bytesUsed: grant.bytes, maxBytes };
    }
    if (slot.bytes + bytes <= this.options.maxSlotBytes) return undefined;
    return { status: "full", bytesUsed: slot.bytes };
  }

  #slot(id: SlotId): MemorySlot {
    const slot = this.#slots.get(id);
    if (slot === undefined) throw unknownSlot();
    return slot;
  }
}

const entriesOf = (
  { bodies }: MemorySlot,
  { from, gone }: { readonly from: number; readonly gone: ReadonlySet<number> },
): Entry[] =>
  bodies.slice(from - 1).flatMap((body, i) =>
    body === undefined || gone.has(from + i) ? [] : [{ seq: from + i, ...body }]
  );

function dropBody(slot: MemorySlot, at: number, swept: { events: number; bytes: number }): void {
  const body = slot.bodies[at];
  if (body === undefined || body.isIntro) return;
  slot.bodies[at] = undefined;
  const freed = body.bytes.length - (body.hasId ? REMEMBERED_ID_BYTES : 0);
  slot.bytes -= freed;
  const grant = body.via === null ? undefined : slot.grants.get(body.via);
  if (grant !== undefined) slot.grants.put({ ...grant, bytes: Math.max(0, grant.bytes - freed) });
  swept.events += 1;
  swept.bytes += freed;
}

export const unknownSlot = (): WireError =>
  new WireError("not_found", "Cannot find the slot: it was never allocated here");
