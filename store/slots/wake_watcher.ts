/**
 * Hears when another node has stored something. A wake is only a hint: it says which shards to look
 * at. Where the watch is silent or broken, a look every two seconds finds the same.
 */
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import { ALL_SHARDS, wakeKey } from "./wake.ts";

export interface WakeWatcherDeps {
  /**
   * A handle of its own: on the connection of the writes a watch answers 44 ms later. Closed with
   * the watcher.
   */
  readonly kv: Deno.Kv;
  readonly clock: Clock;
  readonly log: Log;
  /** Shards in which something was written since the last call; our own commits count too. */
  onWake(shards: ReadonlySet<number>): void;
}

const LOOK_MS = 2_000;
const RETRY_MS = 1_000;
/** So many looks in a row that knew more than the watch: it is dead, and made anew. */
const MAX_MISSED = 3;

const KEYS = [...ALL_SHARDS].map(wakeKey);

export class WakeWatcher implements AsyncDisposable {
  readonly #deps: WakeWatcherDeps;
  readonly #closed = new AbortController();
  readonly #seen = new Map<number, string | null>();
  readonly #loops: Promise<unknown>;
  #reader: ReadableStreamDefaultReader<Deno.KvEntryMaybe<unknown>[]> | undefined;
  #missed = 0;
  /** Nothing could be read for a while, by others neither. */
  #wasAway = false;

  constructor(deps: WakeWatcherDeps) {
    this.#deps = deps;
    this.#loops = Promise.all([this.#watch(), this.#look()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#stopWatch();
    await this.#loops;
    this.#deps.kv.close();
  }

  async #watch(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      try {
        await this.#watchOnce();
      } catch (error) {
        this.#deps.log.warn("the watch for other nodes broke", { error: String(error) });
      }
      await this.#sleep(RETRY_MS);
    }
  }

  async #watchOnce(): Promise<void> {
    const reader = this.#deps.kv.watch(KEYS).getReader();
    this.#reader = reader;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        this.#missed = 0;
        this.#take(value);
      }
    } finally {
      this.#reader = undefined;
    }
  }

  async #look(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      await this.#sleep(LOOK_MS);
      try {
        const entries = await this.#deps.kv.getMany(KEYS);
        if (this.#wasAway) this.#seen.clear();
        this.#wasAway = false;
        const isNews = this.#take(entries);
        this.#missed = isNews ? this.#missed + 1 : 0;
        if (this.#missed >= MAX_MISSED) await this.#stopWatch();
      } catch (error) {
        if (this.#closed.signal.aborted) return;
        this.#wasAway = true;
        this.#deps.log.warn("cannot look what other nodes stored", { error: String(error) });
      }
    }
  }

  /** @returns whether something was new */
  #take(entries: readonly Deno.KvEntryMaybe<unknown>[]): boolean {
    const woken = new Set<number>();
    entries.forEach(({ versionstamp }, shard) => {
      const seen = this.#seen.get(shard);
      // The watch and the look overtake each other: stamps only grow.
      if (seen !== undefined && (versionstamp ?? "") <= (seen ?? "")) return;
      this.#seen.set(shard, versionstamp);
      woken.add(shard);
    });
    if (woken.size > 0) this.#deps.onWake(woken);
    return woken.size > 0;
  }

  async #stopWatch(): Promise<void> {
    this.#missed = 0;
    try {
      await this.#reader?.cancel();
    } catch {
      // It had broken already, which is what was wanted.
    }
  }

  async #sleep(ms: number): Promise<void> {
    try {
      await this.#deps.clock.sleep(ms, this.#closed.signal);
    } catch {
      // Closed: the loops look at that themselves.
    }
  }
}
