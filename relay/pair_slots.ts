/**
 * Rendezvous of two sides of a pairing: in memory only, bounded, forgotten after five idle minutes.
 * All strings are opaque. See docs/protocol/relay.md §5.8 and docs/protocol/extensions.md §14.13.
 */
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";

export type Role = "host" | "guest";

export const otherRole = (role: Role): Role => role === "host" ? "guest" : "host";
export const isRole = (text: string): text is Role => text === "host" || text === "guest";

interface PairSlot {
  readonly id: string;
  readonly codeHash: string;
  readonly message: Partial<Record<Role, string>>;
  readonly bootstrap: Partial<Record<Role, string>>;
  /** Monotonic time of the last request. */
  touched: number;
  bytes: number;
}

export interface PairLimits {
  readonly maxPairSlots: number;
  /** Of all strings of all pair slots. */
  readonly maxPairBytes: number;
  readonly pairTtlMs: number;
}

export type Opened =
  | { readonly tag: "opened"; readonly id: string; readonly isNew: boolean }
  | { readonly tag: "taken" }
  | { readonly tag: "full" };

export type BootstrapPut = "stored" | "unknown" | "differs" | "full";

export class PairSlots {
  /** Least recently touched first. */
  readonly #byId = new Map<string, PairSlot>();
  readonly #byCode = new Map<string, PairSlot>();
  #bytes = 0;

  constructor(
    readonly deps: { readonly clock: Clock; readonly random: Random },
    readonly limits: PairLimits,
  ) {}

  get size(): number {
    return this.#byId.size;
  }

  /** The first caller of either role opens; the same message of the same role again is no news. */
  open(codeHash: string, role: Role, message: string): Opened {
    this.sweep();
    const known = this.#byCode.get(codeHash);
    if (known === undefined) return this.#create(codeHash, role, message);
    this.#touch(known);
    const before = known.message[role];
    if (before !== undefined && before !== message) return { tag: "taken" };
    if (before === undefined) {
      if (!this.#grow(known, message.length)) return { tag: "full" };
      known.message[role] = message;
    }
    return { tag: "opened", id: known.id, isNew: false };
  }

  exists(id: string): boolean {
    this.sweep();
    return this.#byId.has(id);
  }

  /** @returns what the other side has left, or undefined for an unknown pair slot */
  peerOf(id: string, role: Role): { message?: string; bootstrap?: string } | undefined {
    this.sweep();
    const slot = this.#byId.get(id);
    if (slot === undefined) return undefined;
    this.#touch(slot);
    const peer = otherRole(role);
    const message = slot.message[peer];
    const bootstrap = slot.bootstrap[peer];
    return {
      ...(message === undefined ? {} : { message }),
      ...(bootstrap === undefined ? {} : { bootstrap }),
    };
  }

  putBootstrap(id: string, role: Role, sealed: string): BootstrapPut {
    this.sweep();
    const slot = this.#byId.get(id);
    if (slot === undefined) return "unknown";
    this.#touch(slot);
    const before = slot.bootstrap[role];
    if (before === sealed) return "stored";
    // A second one would only let a third party spoil the first.
    if (before !== undefined) return "differs";
    if (!this.#grow(slot, sealed.length)) return "full";
    slot.bootstrap[role] = sealed;
    return "stored";
  }

  abandon(codeHash: string): void {
    const slot = this.#byCode.get(codeHash);
    if (slot !== undefined) this.#drop(slot);
  }

  /** Forgets what lay idle for longer than the TTL. */
  sweep(): void {
    const now = this.deps.clock.monotonic();
    for (const slot of this.#byId.values()) {
      if (now - slot.touched <= this.limits.pairTtlMs) return;
      this.#drop(slot);
    }
  }

  #create(codeHash: string, role: Role, message: string): Opened {
    const bytes = codeHash.length + message.length;
    if (this.size >= this.limits.maxPairSlots) return { tag: "full" };
    const slot: PairSlot = {
      id: this.deps.random.bytes(16).toHex(),
      codeHash,
      message: { [role]: message },
      bootstrap: {},
      touched: this.deps.clock.monotonic(),
      bytes: 0,
    };
    if (!this.#grow(slot, bytes)) return { tag: "full" };
    this.#byId.set(slot.id, slot);
    this.#byCode.set(codeHash, slot);
    return { tag: "opened", id: slot.id, isNew: true };
  }

  #grow(slot: PairSlot, bytes: number): boolean {
    if (this.#bytes + bytes > this.limits.maxPairBytes) return false;
    this.#bytes += bytes;
    slot.bytes += bytes;
    return true;
  }

  #touch(slot: PairSlot): void {
    slot.touched = this.deps.clock.monotonic();
    this.#byId.delete(slot.id);
    this.#byId.set(slot.id, slot);
  }

  #drop(slot: PairSlot): void {
    this.#byId.delete(slot.id);
    this.#byCode.delete(slot.codeHash);
    this.#bytes -= slot.bytes;
  }
}
