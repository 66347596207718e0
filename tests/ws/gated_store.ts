/** A store whose answers wait until a test lets them go, and that can fail. */
import { RealClock } from "../../platform/real/clock.ts";
import { WireError } from "../../protocol/errors.ts";
import type { SlotId } from "../../protocol/ids.ts";
import { MemorySlotStore } from "../../store/slots/memory_slot_store.ts";
import type {
  AppendedOfMany,
  AppendOptions,
  NewEvent,
  Run,
  RunRequest,
} from "../../store/slots/slot_store.ts";

export class Gate {
  #passing: Promise<void> = Promise.resolve();
  #open: () => void = () => {};

  close(): void {
    this.#passing = new Promise((resolve) => this.#open = resolve);
  }

  open(): void {
    this.#open();
  }

  pass(): Promise<void> {
    return this.#passing;
  }
}

export class GatedStore extends MemorySlotStore {
  /** Ids that cannot be put on the disk. */
  failing: ReadonlySet<string> = new Set();
  /** Runs read so far. */
  reads = 0;
  /** Called before each read of a run, and after it. */
  atRead: (when: "before" | "after") => Promise<void> = () => Promise.resolve();
  /** Called before each look at the head or a place. */
  atLook: () => Promise<void> = () => Promise.resolve();

  constructor(readonly gate: Gate = new Gate()) {
    super({ maxSlots: 1e6, maxSlotBytes: 1e9, clock: new RealClock() });
  }

  override async appendAll(
    id: SlotId,
    events: readonly NewEvent[],
    options: AppendOptions = {},
  ): Promise<readonly AppendedOfMany[]> {
    await this.gate.pass();
    const good = events.filter((event) => !this.failing.has(event.id ?? ""));
    const answers = [...await super.appendAll(id, good, options)];
    return events.map((event) => {
      if (!this.failing.has(event.id ?? "")) {
        return answers.shift() ?? { status: "failed", error: new Error("no answer") };
      }
      return { status: "failed", error: new WireError("write_failed", "disk full") };
    });
  }

  override async entries(id: SlotId, request: RunRequest): Promise<Run> {
    this.reads++;
    await this.atRead("before");
    const run = await super.entries(id, request);
    await this.atRead("after");
    return run;
  }

  override async head(id: SlotId): Promise<number> {
    const head = await super.head(id);
    await this.atLook();
    return head;
  }

  override async seqOf(id: SlotId, eventId: string): Promise<number | undefined> {
    const seq = await super.seqOf(id, eventId);
    await this.atLook();
    return seq;
  }
}
