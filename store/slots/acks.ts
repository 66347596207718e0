/**
 * What owners say to have read, on its way to the disk. Nobody waits for an ack, so those of a short
 * while go in one commit.
 */
import type { Clock } from "../../platform/clock.ts";
import { WireError } from "../../protocol/errors.ts";
import type { Committers } from "./committers.ts";
import { headKey, headRow } from "./kv_rows.ts";
import type { SlotLog } from "./slot_log.ts";
import { writing } from "./writing.ts";

const GATHER_MS = 50;
/** KV takes 100 checks in a commit. */
const MAX_SLOTS = 90;
/** Other processes may get ahead so often. */
const MAX_ATTEMPTS = 64;

export interface AcksDeps {
  readonly kv: Deno.Kv;
  readonly clock: Clock;
  readonly committer: Pick<Committers, "between" | "shardOf">;
}

export class Acks {
  readonly #deps: AcksDeps;
  readonly #waiting = new Map<SlotLog, number>();
  #next: { readonly done: Promise<void>; readonly hurry: AbortController } | undefined;

  constructor(deps: AcksDeps) {
    this.#deps = deps;
  }

  /** Resolves once it is on the disk. @throws {WireError} write_failed */
  async add(log: SlotLog, seq: number): Promise<void> {
    const known = this.#waiting.get(log) ?? log.acked;
    const wanted = Math.min(seq, log.next - 1);
    if (wanted <= known && !this.#waiting.has(log)) return;
    this.#waiting.set(log, Math.max(wanted, known));
    this.#next ??= this.#begin();
    await this.#next.done;
  }

  /** Puts on the disk what there is, at once. */
  async flush(): Promise<void> {
    this.#next?.hurry.abort();
    await this.#next?.done;
  }

  #begin(): { readonly done: Promise<void>; readonly hurry: AbortController } {
    const hurry = new AbortController();
    return { hurry, done: this.#run(hurry.signal) };
  }

  async #run(hurry: AbortSignal): Promise<void> {
    try {
      await this.#deps.clock.sleep(GATHER_MS, hurry);
    } catch {
      // The store closes: no more come.
    }
    this.#next = undefined;
    const acks = [...this.#waiting];
    this.#waiting.clear();
    const { committer } = this.#deps;
    const byShard = Map.groupBy(acks, ([log]) => committer.shardOf(log.id));
    await Promise.all([...byShard].map(async ([shard, some]) => {
      for (let at = 0; at < some.length; at += MAX_SLOTS) {
        const group = some.slice(at, at + MAX_SLOTS);
        await committer.between(shard, () => this.#write(group));
      }
    }));
  }

  async #write(acks: readonly (readonly [SlotLog, number])[]): Promise<void> {
    const { kv } = this.#deps;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const left = acks.filter(([log, seq]) => seq > log.acked && !log.isRetired);
      if (left.length === 0) return;
      const operation = kv.atomic();
      for (const [log, acked] of left) {
        operation.check({ key: headKey(log.id), versionstamp: log.versionstamp });
        operation.set(headKey(log.id), headRow({ ...headOf(log), acked }));
      }
      const result = await writing("the acks", () => operation.commit());
      for (const [log, acked] of left) {
        if (!result.ok) await log.refresh(kv);
        else {
          log.acked = acked;
          log.versionstamp = result.versionstamp;
        }
      }
    }
    throw new WireError("write_failed", "Cannot store the acks: others kept writing to the slots");
  }
}

const headOf = ({ next, bytes, isRetired, dropped }: SlotLog) => ({
  next,
  bytes,
  isRetired,
  dropped,
});
