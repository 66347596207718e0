/**
 * The relay's memory: mailboxes ("slots") as append-only logs, their credentials, what the owner
 * says about its responder, and counters. One contract for every adapter:
 * tests/contract/slot_store_contract.ts. See docs/protocol/relay.md §1, §5 and §7.
 */
import type { EpochMs, SlotId } from "../../protocol/ids.ts";

export interface SlotRecord {
  readonly id: SlotId;
  /** SHA-256 of the token, 32 bytes; the token itself is never stored. */
  readonly tokenHash: Uint8Array;
  readonly createdAt: EpochMs;
}

export interface NewEvent {
  /** Stored form (docs/protocol/extensions.md §1). */
  readonly text: string;
  /** Deduplicated over the slot's life; undefined: never. */
  readonly id: string | undefined;
}

export type Appended =
  /** On the disk. `seq` counts from 1 in the slot. */
  | { readonly status: "stored"; readonly seq: number }
  /** That id is there already, on the disk; `digest` (32 hex) is of the event that is there. */
  | { readonly status: "duplicate"; readonly digest: string }
  /** The slot's quota does not have the room. */
  | { readonly status: "full"; readonly bytesUsed: number };

export interface PageRequest {
  /** Exclusive; unknown or undefined: from the beginning. */
  readonly since: string | undefined;
  readonly limit: number;
  /** The page ends before it has more bytes, but never before its first event. */
  readonly maxBytes: number;
}

/** Stored forms in slot order, a few at a time: whoever reads slowly holds only those. */
export type Page = AsyncIterable<readonly Uint8Array[]>;

export interface SlotTotals {
  readonly events: number;
  readonly bytes: number;
}

/** As posted, docs/protocol/relay.md §5.6. */
export interface ResponderHealth {
  readonly status: string;
  readonly reason?: string | undefined;
  readonly last_success_at?: string | undefined;
  readonly set_at: string;
}

export const COUNTERS = [
  "events_posted_total",
  "pair_opens_total",
  "slot_allocations_total",
] as const;
export type Counter = typeof COUNTERS[number];

export interface SlotStoreOptions {
  readonly maxSlots: number;
  /** Bytes of all events of one slot. */
  readonly maxSlotBytes: number;
}

/**
 * Whatever resolves is durable. A call that names a slot which does not exist throws WireError
 * `not_found`; one that could not be put on the disk throws `write_failed`; a store that does not
 * make sense throws `unreadable`.
 */
export interface SlotStore extends AsyncDisposable {
  /** @returns false when the ceiling of slots is reached */
  create(slot: SlotRecord): Promise<boolean>;
  find(id: SlotId): Promise<SlotRecord | undefined>;
  /** Dedupe, quota and append in one step: of equal ids arriving together one is stored. */
  append(id: SlotId, event: NewEvent): Promise<Appended>;
  list(id: SlotId, request: PageRequest): Promise<Page>;
  totals(id: SlotId): Promise<SlotTotals>;
  setHealth(id: SlotId, health: ResponderHealth): Promise<void>;
  health(id: SlotId): Promise<ResponderHealth | undefined>;
  /** Adds one; written with the next commit or at the end. */
  count(counter: Counter): void;
  counters(): Promise<Readonly<Record<Counter, number>>>;
  /** Puts everything on the disk; calls made later fail. */
  [Symbol.asyncDispose](): Promise<void>;
}
