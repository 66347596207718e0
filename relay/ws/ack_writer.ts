/** Puts what an owner has read into the store: one write at a time, always the newest. */
import type { SlotId } from "../../protocol/ids.ts";
import type { SlotStore } from "../../store/slots/slot_store.ts";

export interface AckWriterDeps {
  readonly store: Pick<SlotStore, "ack">;
  /** The next ack says it again. */
  failed(error: unknown): void;
}

export class AckWriter {
  #wanted = 0;
  #written = 0;
  #isWriting = false;

  constructor(readonly deps: AckWriterDeps, readonly slot: SlotId) {}

  /** Returns at once: nobody is told when it is on the disk. */
  ack(seq: number): void {
    this.#wanted = Math.max(this.#wanted, seq);
    if (!this.#isWriting) void this.#write();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#written < this.#wanted) {
        const seq = this.#wanted;
        await this.deps.store.ack(this.slot, seq);
        this.#written = seq;
      }
    } catch (error) {
      this.deps.failed(error);
    } finally {
      this.#isWriting = false;
    }
  }
}
