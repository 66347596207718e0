/**
 * Who is listening to which slot. Whatever is stored reaches them in the order of the slot, each
 * event once: what was missed meanwhile, because another process stored it or announcements overtook
 * each other, is read from the store.
 */
import type { SlotId } from "../protocol/ids.ts";
import type { Entry, Run } from "../store/slots/slot_store.ts";
import { StoredBatch } from "./stored_batch.ts";

export interface HubLimits {
  /** Server-sent events and WebSockets together. */
  readonly maxStreamsPerSlot: number;
  /** Of all slots together. */
  readonly maxSubscriptions: number;
}

export interface HubReader {
  /** Batches join on to each other. */
  take(batch: StoredBatch): void;
  /** The slot was closed by its owner. */
  retired(): void;
}

export interface HubDeps {
  /** From after that seq on. */
  read(slot: SlotId, after: number): Promise<Run>;
  /** A slot could not be read. @returns resolves when it is to be tried again; throws: never */
  failed(error: unknown): Promise<void>;
}

export interface Joined {
  /** Seq of the last event that will not be heard. */
  readonly head: number;
  leave(): void;
}

interface Channel {
  readonly readers: Set<HubReader>;
  /** Seq that the readers have not heard of yet. */
  next: number;
  isCatchingUp: boolean;
  /** Something was stored since the last look. */
  isStale: boolean;
}

export class Hub {
  readonly #channels = new Map<SlotId, Channel>();
  #size = 0;

  constructor(readonly deps: HubDeps, readonly limits: HubLimits) {}

  /** Slots that somebody listens to. */
  get slots(): Iterable<SlotId> {
    return this.#channels.keys();
  }

  get size(): number {
    return this.#size;
  }

  listeners(slot: SlotId): number {
    return this.#channels.get(slot)?.readers.size ?? 0;
  }

  /**
   * @param head seq of the slot's last event, asked for just before: what comes after it is heard
   * @returns undefined when too many listen to this slot, or at all
   */
  join(slot: SlotId, reader: HubReader, head: number): Joined | undefined {
    const known = this.#channels.get(slot);
    const channel = known ??
      { readers: new Set(), next: head + 1, isCatchingUp: false, isStale: false };
    if (channel.readers.size >= this.limits.maxStreamsPerSlot) return undefined;
    if (this.#size >= this.limits.maxSubscriptions) return undefined;
    channel.readers.add(reader);
    this.#size++;
    this.#channels.set(slot, channel);
    // Between that question and now something may have been stored.
    if (known === undefined || head >= channel.next) this.catchUp(slot);
    return {
      head: channel.next - 1,
      leave: () => {
        if (channel.readers.delete(reader)) this.#size--;
        if (channel.readers.size > 0 || this.#channels.get(slot) !== channel) return;
        this.#channels.delete(slot);
      },
    };
  }

  /** @param entries that are on the disk, in order */
  publish(slot: SlotId, entries: readonly Entry[]): void {
    const channel = this.#channels.get(slot);
    const first = entries.find(({ seq }) => seq >= (channel?.next ?? Infinity));
    if (channel === undefined || first === undefined) return;
    if (channel.isCatchingUp || first.seq > channel.next) return this.catchUp(slot);
    this.#deliver(slot, channel, entries.slice(entries.indexOf(first)));
  }

  /** To be called when another process may have stored something in the slot. */
  catchUp(slot: SlotId): void {
    const channel = this.#channels.get(slot);
    if (channel === undefined) return;
    channel.isStale = true;
    if (!channel.isCatchingUp) void this.#catchUp(slot, channel);
  }

  /** The slot is closed: nobody listens to it any more. */
  retire(slot: SlotId): void {
    const readers = [...this.#channels.get(slot)?.readers ?? []];
    this.#channels.delete(slot);
    for (const reader of readers) reader.retired();
  }

  async #catchUp(slot: SlotId, channel: Channel): Promise<void> {
    channel.isCatchingUp = true;
    try {
      while (channel.isStale && channel.readers.size > 0) {
        channel.isStale = false;
        try {
          await this.#readOn(slot, channel);
        } catch (error) {
          channel.isStale = true;
          await this.deps.failed(error);
        }
      }
    } catch {
      // The relay stops: nobody listens any more.
    } finally {
      channel.isCatchingUp = false;
    }
  }

  async #readOn(slot: SlotId, channel: Channel): Promise<void> {
    const { entries, next, head } = await this.deps.read(slot, channel.next - 1);
    if (entries.length > 0) this.#deliver(slot, channel, entries);
    channel.next = Math.max(channel.next, next);
    if (channel.next <= head) channel.isStale = true;
  }

  #deliver(slot: SlotId, channel: Channel, entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    const batch = new StoredBatch(slot, channel.next, entries);
    channel.next = last.seq + 1;
    for (const reader of [...channel.readers]) reader.take(batch);
  }
}
