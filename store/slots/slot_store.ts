/**
 * The relay's memory: mailboxes ("slots") as append-only logs, their credentials, what the owner
 * says about its responder, and counters. One contract for every adapter:
 * tests/contract/slot_store_contract.ts. See docs/protocol/relay.md §1, §5 and §7.
 */
import type { EpochMs, SlotId } from "../../protocol/ids.ts";
import type { GrantStore } from "./grant.ts";

/**
 * `owner`: the token is the owner's alone, who gives grants to others. `shared`: it may be handed
 * out, as the reference does. See docs/protocol/extensions.md §2.
 */
export type SlotClass = "owner" | "shared";

export interface SlotRecord {
  readonly id: SlotId;
  /** SHA-256 of the token, 32 bytes; the token itself is never stored. */
  readonly tokenHash: Uint8Array;
  readonly createdAt: EpochMs;
  readonly class: SlotClass;
}

export interface FoundSlot extends SlotRecord {
  /** Closed by its owner, for good: nothing is stored any more. */
  readonly isRetired: boolean;
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
  | { readonly status: "duplicate"; readonly digest: string; readonly seq: number }
  /** The slot's quota does not have the room, or it remembers `ids`, as many as it may. */
  | { readonly status: "full"; readonly bytesUsed: number; readonly ids?: number }
  /** The grant's quota does not have the room. */
  | { readonly status: "grant_full"; readonly bytesUsed: number; readonly maxBytes: number }
  /** The grant was revoked, the slot retired, or `admit` said no; nothing was stored. */
  | { readonly status: "revoked" | "retired" | "refused" };

/** One of several: what became of the others does not depend on it. */
export type AppendedOfMany =
  | Appended
  /** It could not be put on the disk; what a single append throws. */
  | { readonly status: "failed"; readonly error: unknown };

export interface AppendOptions {
  /** Whose token it came with, if not the owner's; usage is written in the same commit. */
  readonly grant?: { readonly id: string; readonly at: EpochMs };
  /** A stranger's: its body lies apart, outside the quota, for a while (intake.ts). Needs an id. */
  readonly intro?: { readonly source: string; readonly at: EpochMs };
  /** Asked of each event once it is known to be no duplicate, before any quota. */
  admit?(): boolean;
}

/** An event that is on the disk. */
export interface Entry {
  /** From 1 in the slot. */
  readonly seq: number;
  /** The grant it came with; null: the slot's own token, a stranger, or before this was kept. */
  readonly via: string | null;
  /** Stored form, UTF-8. */
  readonly bytes: Uint8Array;
}

export interface RunRequest {
  /** Exclusive; 0 is the beginning. */
  readonly after: number;
  readonly limit: number;
  /** It ends before it has more bytes, but never before its first event. */
  readonly maxBytes: number;
}

/** Entries in slot order; seqs between them have no body any more. */
export interface Run {
  readonly entries: readonly Entry[];
  /** Where the next run begins: every seq before it has been looked at. */
  readonly next: number;
  /** Of the last event in the slot, at that time. */
  readonly head: number;
}

/** Told of what this process has stored, in slot order, once it is on the disk. */
export type StoredListener = (slot: SlotId, entries: readonly Entry[]) => void;

export interface PageRequest {
  /** Exclusive; unknown or undefined: from the beginning. */
  readonly since: string | undefined;
  /** Of events that are still there. */
  readonly limit: number;
  /** The page ends before it has more bytes, but never before its first event. */
  readonly maxBytes: number;
}

/** Stored forms in slot order, a few at a time: whoever reads slowly holds only those. */
export type Page = AsyncIterable<readonly Uint8Array[]>;

export interface SlotTotals {
  /** Ever stored, introductions included. */
  readonly events: number;
  /** That count against the quota. */
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
  /** Ids remembered of one slot; a million unless given. */
  readonly maxSlotIds?: number;
}

export interface UnusedOptions {
  /** After so long without any use an empty mailbox goes. */
  readonly unusedMs: number;
  /** Whether somebody has looked into it lately, as far as this process knows. */
  isInUse(slot: SlotId): boolean;
}

export interface SweepOptions {
  /** Bodies that were acked and are older go; undefined: none. */
  readonly retainMs: number | undefined;
  /** Undefined: mailboxes that were never used stay. */
  readonly unused?: UnusedOptions;
  readonly signal?: AbortSignal | undefined;
}

/** What a sweep has done. */
export interface Swept {
  /** Whose bodies went. */
  readonly events: number;
  /** That went back to the quotas. */
  readonly bytes: number;
  /** Mailboxes that were never used, and are gone. */
  readonly removed: readonly SlotId[];
}

/**
 * Whatever resolves is durable. A call that names a slot which does not exist throws WireError
 * `not_found`; one that could not be put on the disk throws `write_failed`; a store that does not
 * make sense throws `unreadable`.
 */
export interface SlotStore extends GrantStore, AsyncDisposable {
  /** @returns false when the ceiling of slots is reached */
  create(slot: SlotRecord): Promise<boolean>;
  /** At most a second old if another process retired it. */
  find(id: SlotId): Promise<FoundSlot | undefined>;
  /** Once it resolves nothing more is stored in the slot; again is no error. */
  retire(id: SlotId): Promise<void>;
  /**
   * Dedupe, quotas and append in one step: of equal ids arriving together one is stored. Looks at
   * duplicate, `admit`, the grant's quota and the slot's, in this order.
   */
  append(id: SlotId, event: NewEvent, options?: AppendOptions): Promise<Appended>;
  /**
   * Several at once, queued together: what is new among them is stored in their order, and in one
   * commit if it fits. One that does not fit a quota holds up none of the others.
   * @returns one answer for each, in the same order, once all are known
   */
  appendAll(
    id: SlotId,
    events: readonly NewEvent[],
    options?: AppendOptions,
  ): Promise<readonly AppendedOfMany[]>;
  /** From then on; there is one listener. */
  listen(listener: StoredListener): void;
  entries(id: SlotId, request: RunRequest): Promise<Run>;
  /** @returns seq of the event with that id, or undefined */
  seqOf(id: SlotId, eventId: string): Promise<number | undefined>;
  /** @returns seq of the last event, or 0 */
  head(id: SlotId): Promise<number>;
  list(id: SlotId, request: PageRequest): Promise<Page>;
  /** @returns how many events after `after` and up to `until` are still there to be read */
  backlog(id: SlotId, range: { readonly after: number; readonly until: number }): Promise<number>;
  /**
   * Its owner has read everything up to `seq`; never takes back what was said before. What is
   * beyond the last event is not there to be read.
   * @returns false for a shared slot, whose readers do not speak for each other
   */
  ack(id: SlotId, seq: number): Promise<boolean>;
  /** @returns the last seq that was acked, or 0 */
  acked(id: SlotId): Promise<number>;
  /**
   * Notes when what is there has come, and drops what may go. To be called from time to time: it
   * knows the age of an event only from the sweeps since.
   */
  sweep(options: SweepOptions): Promise<Swept>;
  totals(id: SlotId): Promise<SlotTotals>;
  setHealth(id: SlotId, health: ResponderHealth): Promise<void>;
  health(id: SlotId): Promise<ResponderHealth | undefined>;
  /** Adds one; written with the next commit or at the end. */
  count(counter: Counter): void;
  counters(): Promise<Readonly<Record<Counter, number>>>;
  /** Puts everything on the disk; calls made later fail. */
  [Symbol.asyncDispose](): Promise<void>;
}
