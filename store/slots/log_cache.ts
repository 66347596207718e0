/** The logs of slots in use, within a bound of memory; the others are read again when needed. */
import type { SlotId } from "../../protocol/ids.ts";
import { SlotLog } from "./slot_log.ts";

export class LogCache {
  /** Least recently used first. */
  readonly #logs = new Map<SlotId, SlotLog>();
  readonly #loading = new Map<SlotId, Promise<SlotLog>>();
  readonly #counted = new Map<SlotId, number>();
  #bytes = 0;

  constructor(readonly kv: Deno.Kv, readonly maxBytes: number) {}

  /** Of all logs in memory; above the bound only while all others are in use. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @returns the log if it is in memory, and nobody who asked for it earlier still waits */
  ready(id: SlotId): SlotLog | undefined {
    if (this.#loading.has(id)) return undefined;
    const log = this.#logs.get(id);
    if (log === undefined) return undefined;
    this.#logs.delete(id);
    this.#logs.set(id, log);
    return log;
  }

  /** As {@linkcode ready}, but counts as no use of it. */
  known(id: SlotId): SlotLog | undefined {
    return this.#logs.get(id);
  }

  /**
   * To be awaited as it is: whoever asks first goes on first, so that events keep their order.
   * @throws {WireError} not_found, unreadable
   */
  load(id: SlotId): Promise<SlotLog> {
    const loading = this.#loading.get(id);
    if (loading !== undefined) return loading;
    const started = this.#read(id);
    this.#loading.set(id, started);
    // Runs right before those who wait: nothing comes between it and them.
    const forget = (): void => void this.#loading.delete(id);
    started.then(forget, forget);
    return started;
  }

  async #read(id: SlotId): Promise<SlotLog> {
    const log = await SlotLog.load(this.kv, id);
    this.#logs.set(id, log);
    this.recount(log);
    return log;
  }

  /** To be called when a log has grown; may let others go. */
  recount(log: SlotLog): void {
    if (this.#logs.get(log.id) !== log) return;
    this.#bytes += log.memoryBytes - (this.#counted.get(log.id) ?? 0);
    this.#counted.set(log.id, log.memoryBytes);
    if (this.#bytes <= this.maxBytes) return;
    for (const other of this.#logs.values()) {
      if (this.#bytes <= this.maxBytes) return;
      if (other !== log && other.waiting === 0) this.#drop(other);
    }
  }

  /** The slot is no more. */
  forget(id: SlotId): void {
    const log = this.#logs.get(id);
    if (log !== undefined) this.#drop(log);
  }

  #drop(log: SlotLog): void {
    this.#logs.delete(log.id);
    this.#bytes -= this.#counted.get(log.id) ?? 0;
    this.#counted.delete(log.id);
  }
}
