/**
 * Group commit: one commit gathers what has arrived while the last one was in flight, then answers
 * all. See docs/architecture.md.
 */
import type { Clock } from "../../platform/clock.ts";
import {
  changesOf,
  type GrantChange,
  grantChangesOf,
  type SlotChange,
  takeBatch,
  type Waiting,
  writeChanges,
  writeGrants,
} from "./batch.ts";
import type { GrantState } from "./kv_grants.ts";
import { countKey } from "./kv_rows.ts";
import { isUnanswered } from "./remote_kv.ts";
import { notStored } from "./slot_log.ts";
import type { Appended, Counter } from "./slot_store.ts";
import { wake } from "./wake.ts";

/** Up to this many callers take turns well enough by themselves. */
const FEW = 4;
const GATHER_SHARE = 0.8;
const GATHER_MS = 0.6;
const COUNT_EVERY_MS = 1_000;
/** Another process may win the head of a slot so often before we give up. */
const MAX_ATTEMPTS = 64;

/** Between attempts while another process holds the file. */
const BUSY_MS = 5;

/** The embedded store wrote nothing, because another process is writing to the same file. */
const isBusy = (error: unknown): boolean =>
  error instanceof Error && error.message === "database is locked";

export interface CommitterDeps {
  readonly kv: Deno.Kv;
  readonly clock: Clock;
  /** The shard whose watchers each commit wakes; undefined: nobody else looks at the store. */
  readonly wakes?: number;
  /** Looks at an append anew after other processes wrote; undefined: it still is to be stored. */
  recheck(waiting: Waiting): Appended | undefined;
  /** Reads a grant's row anew. */
  refreshGrant(state: GrantState): Promise<void>;
  /** Called for each slot that has grown, with the seq of the first new event. */
  onCommitted(change: SlotChange, firstSeq: number): void;
}

export class Committer {
  readonly #deps: CommitterDeps;
  readonly #queue: Waiting[] = [];
  readonly #steps: (() => Promise<void>)[] = [];
  readonly #counts = new Map<Counter, number>();
  #running: Promise<void> | undefined;
  #lastBatch = 0;
  #countedAt = 0;
  #gathering: { readonly wanted: number; readonly done: () => void } | undefined;

  constructor(deps: CommitterDeps) {
    this.#deps = deps;
  }

  addAll(waiting: readonly Waiting[]): void {
    this.#queue.push(...waiting);
    if (this.#gathering !== undefined && this.#queue.length >= this.#gathering.wanted) {
      this.#gathering.done();
    }
    this.#running ??= this.#run();
  }

  /** Does something while no append is on its way to the disk; the next ones come after it. */
  between<T>(step: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#steps.push(() => step().then(resolve, reject));
    this.#running ??= this.#run();
    return promise;
  }

  count(counter: Counter, n: number): void {
    this.#counts.set(counter, (this.#counts.get(counter) ?? 0) + n);
  }

  /** Resolves once everything is answered and counted. */
  async drain(): Promise<void> {
    await this.#running;
    if (this.#counts.size > 0) await this.#write([]);
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0 || this.#steps.length > 0) {
      await this.#steps.shift()?.();
      if (this.#queue.length === 0) continue;
      await this.#gather();
      const batch = takeBatch(this.#queue);
      this.#lastBatch = batch.length;
      await this.#commit(batch);
    }
    this.#running = undefined;
  }

  /**
   * After a large batch its callers are about to come back: waiting for most of them keeps them in
   * one group, where they would else fall into two that take turns. A lone caller never waits.
   */
  async #gather(): Promise<void> {
    const wanted = Math.ceil(this.#lastBatch * GATHER_SHARE);
    if (this.#lastBatch <= FEW || this.#queue.length >= wanted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gathering = { wanted, done: resolve };
    await Promise.race([promise, this.#deps.clock.sleep(GATHER_MS)]);
    this.#gathering = undefined;
  }

  /** A batch that cannot be stored is split, so that only what cannot be stored is refused. */
  async #commit(waiting: readonly Waiting[]): Promise<void> {
    const batch = this.#stillMissing(waiting);
    if (batch.length === 0) return;
    try {
      if (!await this.#write(batch)) await this.#again(batch);
    } catch (error) {
      if (isBusy(error) && batch.every((waiting) => waiting.attempts < MAX_ATTEMPTS)) {
        for (const waiting of batch) waiting.attempts += 1;
        await this.#deps.clock.sleep(BUSY_MS);
        return await this.#commit(batch);
      }
      if (isUnanswered(error)) {
        for (const waiting of batch) waiting.fail(notStored(error));
        return;
      }
      const [only] = batch;
      if (batch.length === 1 && only !== undefined) return only.fail(notStored(error));
      const half = batch.length >> 1;
      await this.#commit(batch.slice(0, half));
      await this.#commit(batch.slice(half));
    }
  }

  /**
   * Answers what other processes have stored meanwhile, or we ourselves in a commit whose answer
   * was lost.
   */
  #stillMissing(batch: readonly Waiting[]): readonly Waiting[] {
    return batch.filter((waiting) => {
      const { log, grant } = waiting;
      if (waiting.checkedAt === log.foreign && grant?.checkedAt === grant?.state.foreign) {
        return true;
      }
      waiting.checkedAt = log.foreign;
      if (grant !== undefined) grant.checkedAt = grant.state.foreign;
      const answer = this.#deps.recheck(waiting);
      if (answer !== undefined) waiting.answer(answer);
      return answer === undefined;
    });
  }

  /** @returns false if another process wrote to one of the slots first */
  async #write(batch: readonly Waiting[]): Promise<boolean> {
    const changes = changesOf(batch);
    const grants = grantChangesOf(batch);
    const operation = this.#deps.kv.atomic();
    writeChanges(operation, changes);
    writeGrants(operation, grants);
    if (this.#deps.wakes !== undefined && changes.length > 0) wake(operation, this.#deps.wakes);
    const counted = this.#dueCounts({ isLast: batch.length === 0 });
    for (const [counter, n] of counted) operation.sum(countKey(counter), BigInt(n));
    const result = await operation.commit();
    if (!result.ok) return false;
    for (const [counter, n] of counted) this.count(counter, -n);
    const posted = batch.filter(({ intro }) => intro === undefined).length;
    if (posted > 0) this.count("events_posted_total", posted);
    for (const grant of grants) applyGrant(grant, result.versionstamp);
    for (const change of changes) {
      const firstSeq = change.log.next;
      applyChange(change, result.versionstamp);
      this.#deps.onCommitted(change, firstSeq);
    }
    return true;
  }

  async #again(batch: readonly Waiting[]): Promise<void> {
    const logs = new Set(batch.map(({ log }) => log));
    const grants = new Set(batch.flatMap(({ grant }) => grant === undefined ? [] : [grant.state]));
    await Promise.all([
      ...[...logs].map((log) => log.refresh(this.#deps.kv)),
      ...[...grants].map((state) => this.#deps.refreshGrant(state)),
    ]);
    const left: Waiting[] = [];
    for (const waiting of batch) {
      waiting.attempts += 1;
      if (waiting.attempts < MAX_ATTEMPTS) left.push(waiting);
      else waiting.fail(notStored("other processes kept writing to the same slot"));
    }
    this.#queue.unshift(...left);
  }

  /** Counters cost a read each, so they ride in one commit a second and in the last. */
  #dueCounts({ isLast }: { readonly isLast: boolean }): readonly (readonly [Counter, number])[] {
    const now = this.#deps.clock.monotonic();
    if (!isLast && now - this.#countedAt < COUNT_EVERY_MS) return [];
    this.#countedAt = now;
    return [...this.#counts].filter(([, n]) => n > 0);
  }
}

/** A use changes what is known of the grant, not what it allows. */
function applyGrant({ state, grant }: GrantChange, versionstamp: string): void {
  if (versionstamp <= state.versionstamp) return;
  state.grant = grant;
  state.versionstamp = versionstamp;
}

function applyChange(change: SlotChange, versionstamp: string): void {
  const { log } = change;
  let seq = log.next;
  log.next = change.next;
  log.bytes = change.bytes;
  log.tail = change.tail;
  log.intake = change.intake;
  log.versionstamp = versionstamp;
  for (const waiting of change.waiting) {
    if (waiting.intro !== undefined) log.introductions.push(seq);
    if (waiting.key !== undefined) log.ids.add(waiting.key, waiting.digest, seq);
    waiting.answer({ status: "stored", seq });
    seq++;
  }
}
