/**
 * The committers of a store. An embedded file takes one commit at a time, so there is one; over a
 * network several commits are on their way at once, each shard of the slots with its own. A slot
 * always has the same one, which keeps its order.
 */
import { Committer, type CommitterDeps } from "./committer.ts";
import type { Waiting } from "./batch.ts";
import type { Counter } from "./slot_store.ts";
import type { SlotId } from "../../protocol/ids.ts";
import { shardOf, WAKE_SHARDS } from "./wake.ts";

export class Committers {
  readonly #shards: readonly Committer[];

  constructor(deps: CommitterDeps, { isShared }: { readonly isShared: boolean }) {
    this.#shards = isShared
      ? Array.from({ length: WAKE_SHARDS }, (_, wakes) => new Committer({ ...deps, wakes }))
      : [new Committer(deps)];
  }

  /** @param waiting all of one slot, in their order */
  addAll(waiting: readonly Waiting[]): void {
    const [first] = waiting;
    if (first === undefined) return;
    this.#at(this.shardOf(first.log.id)).addAll(waiting);
  }

  /** Does something while no append of that shard is on its way to the disk. */
  between<T>(shard: number, step: () => Promise<T>): Promise<T> {
    return this.#at(shard).between(step);
  }

  shardOf(slot: SlotId): number {
    return this.#shards.length === 1 ? 0 : shardOf(slot);
  }

  count(counter: Counter, n: number): void {
    this.#at(0).count(counter, n);
  }

  /** Resolves once everything is answered and counted. */
  async drain(): Promise<void> {
    for (const committer of this.#shards) await committer.drain();
  }

  #at(shard: number): Committer {
    const committer = this.#shards[shard];
    if (committer === undefined) throw new RangeError(`no shard ${shard}`);
    return committer;
  }
}
