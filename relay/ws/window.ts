/**
 * What was sent to a reader and not acknowledged: bounded per slot, per connection and for the whole
 * relay, so that whoever never acks costs little and keeps nobody from reading.
 */
import type { WsLimits } from "./limits.ts";

/** Bytes that several windows share. */
export class Allowance {
  #used = 0;
  #waiting = new Set<() => void>();

  constructor(readonly max: number) {}

  get used(): number {
    return this.#used;
  }

  get free(): number {
    return Math.max(0, this.max - this.#used);
  }

  take(bytes: number): void {
    this.#used += bytes;
  }

  give(bytes: number): void {
    this.#used -= bytes;
    if (bytes === 0 || this.#waiting.size === 0) return;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  /** @param wake called once, when something is given back */
  wait(wake: () => void): void {
    this.#waiting.add(wake);
  }

  forget(wake: () => void): void {
    this.#waiting.delete(wake);
  }
}

export type WindowLimits = Pick<WsLimits, "windowEvents" | "windowBytes">;

/** Of one slot on one connection. */
export class Window {
  readonly #seqs: number[] = [];
  readonly #sizes: number[] = [];
  /** Of the first that is not acknowledged, in both lists. */
  #start = 0;
  #bytes = 0;

  constructor(
    readonly limits: WindowLimits,
    readonly connection: Allowance,
    readonly relay: Allowance,
  ) {}

  get events(): number {
    return this.#seqs.length - this.#start;
  }

  /** How many more events may be sent. */
  get freeEvents(): number {
    return Math.max(0, this.limits.windowEvents - this.events);
  }

  /**
   * How many more bytes may be sent. A slot or connection of which everything is acknowledged may
   * always get one event, also while others have used up what is shared.
   */
  get freeBytes(): number {
    const slot = Math.max(0, this.limits.windowBytes - this.#bytes);
    const own = Math.min(slot, this.connection.free);
    return this.connection.used === 0 ? Math.max(1, Math.min(own, this.relay.free)) : Math.min(
      own,
      this.relay.free,
    );
  }

  /** Whether so much may be sent now. */
  fits(events: number, bytes: number): boolean {
    if (events > this.freeEvents) return false;
    return bytes <= this.freeBytes || (events === 1 && this.connection.used === 0);
  }

  sent(seq: number, bytes: number): void {
    this.#seqs.push(seq);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    this.connection.take(bytes);
    this.relay.take(bytes);
  }

  /** Everything up to that seq has been taken. */
  ack(seq: number): void {
    let freed = 0;
    while (this.#start < this.#seqs.length && (this.#seqs[this.#start] ?? 0) <= seq) {
      freed += this.#sizes[this.#start] ?? 0;
      this.#start++;
    }
    this.#compact();
    this.#bytes -= freed;
    this.connection.give(freed);
    this.relay.give(freed);
  }

  /** The reader is gone. */
  close(): void {
    this.ack(Infinity);
  }

  #compact(): void {
    if (this.#start < this.limits.windowEvents && this.#start < this.#seqs.length) return;
    this.#seqs.splice(0, this.#start);
    this.#sizes.splice(0, this.#start);
    this.#start = 0;
  }
}
