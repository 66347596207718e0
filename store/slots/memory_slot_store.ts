/** Slots in memory, held to the same contract as the durable ones. For tests and trials. */
import { WireError } from "../../protocol/errors.ts";
import type { SlotId } from "../../protocol/ids.ts";
import { digestBytes, keyOf } from "./event_key.ts";
import { IdTable } from "./id_table.ts";
import type {
  Appended,
  Counter,
  NewEvent,
  Page,
  PageRequest,
  ResponderHealth,
  SlotRecord,
  SlotStore,
  SlotStoreOptions,
  SlotTotals,
} from "./slot_store.ts";

interface MemorySlot {
  readonly record: SlotRecord;
  readonly bodies: Uint8Array[];
  readonly ids: IdTable;
  bytes: number;
  health?: ResponderHealth;
}

export class MemorySlotStore implements SlotStore {
  readonly #slots = new Map<SlotId, MemorySlot>();
  readonly #counters: Record<Counter, number> = {
    events_posted_total: 0,
    pair_opens_total: 0,
    slot_allocations_total: 0,
  };

  constructor(readonly options: SlotStoreOptions) {}

  async create(record: SlotRecord): Promise<boolean> {
    await Promise.resolve();
    if (this.#slots.size >= this.options.maxSlots) return false;
    if (this.#slots.has(record.id)) throw new WireError("conflict", "Cannot create a slot twice");
    this.#slots.set(record.id, { record, bodies: [], ids: new IdTable(), bytes: 0 });
    this.count("slot_allocations_total");
    return true;
  }

  async find(id: SlotId): Promise<SlotRecord | undefined> {
    await Promise.resolve();
    return this.#slots.get(id)?.record;
  }

  async append(id: SlotId, event: NewEvent): Promise<Appended> {
    await Promise.resolve();
    const slot = this.#slot(id);
    const key = event.id === undefined ? undefined : keyOf(event.id);
    const known = key === undefined ? undefined : slot.ids.digestOf(key);
    if (known !== undefined) return { status: "duplicate", digest: known };
    const body = new TextEncoder().encode(event.text);
    if (slot.bytes + body.length > this.options.maxSlotBytes) {
      return { status: "full", bytesUsed: slot.bytes };
    }
    const seq = slot.bodies.push(body);
    slot.bytes += body.length;
    if (key !== undefined) slot.ids.add(key, digestBytes(body), seq);
    this.count("events_posted_total");
    return { status: "stored", seq };
  }

  async list(id: SlotId, request: PageRequest): Promise<Page> {
    await Promise.resolve();
    const slot = this.#slot(id);
    const last = request.since === undefined ? undefined : slot.ids.seqOf(keyOf(request.since));
    const bodies: Uint8Array[] = [];
    let bytes = 0;
    for (const body of slot.bodies.slice(last ?? 0, (last ?? 0) + request.limit)) {
      bytes += body.length;
      if (bytes > request.maxBytes && bodies.length > 0) break;
      bodies.push(body);
    }
    return (async function* () {
      await Promise.resolve();
      if (bodies.length > 0) yield bodies;
    })();
  }

  async totals(id: SlotId): Promise<SlotTotals> {
    await Promise.resolve();
    const { bodies, bytes } = this.#slot(id);
    return { events: bodies.length, bytes };
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

  #slot(id: SlotId): MemorySlot {
    const slot = this.#slots.get(id);
    if (slot === undefined) throw unknownSlot();
    return slot;
  }
}

export const unknownSlot = (): WireError =>
  new WireError("not_found", "Cannot find the slot: it was never allocated here");
