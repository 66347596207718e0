/**
 * The daemon's life after its first cycle: wait for the interval or a wake, do what is due, tell.
 * Wakes are hints; the interval is the guarantee. See docs/protocol/identity-and-events.md §15.
 */
import type { ClientContext } from "../client/context.ts";
import { ownRoutes } from "../client/sync/routes.ts";
import type { Cycles } from "./cycle.ts";
import { type CycleReport, hasNews } from "./cycle_report.ts";
import { MachineSleep } from "./machine_sleep.ts";
import { type Wake, WAKES, type Wakes } from "./wakes.ts";

export const ALL: ReadonlySet<Wake> = new Set(WAKES);

/** How long a cycle waits for what is slow, unless a wake comes first. */
const PATIENCE_MS = 2_000;
/** Pairing steps that a change of its directory asks for: our own writes change it, too. */
const PAIR_SPACING_MS = 300;
/** Pairings keep their place on the relay only if they are stepped more often than once a minute. */
const PAIRS_AT_LEAST_MS = 30_000;
/** A side of pair/2 may keep the other waiting for ten seconds. */
const BUSY_PAIRS_MS = 1_000;
/** Foreign appends are noticed within a second also where the system cannot watch a directory. */
const LOOK_MS = 1_000;

export interface LoopOptions {
  readonly intervalMs: number;
  readonly wakes: Wakes;
  readonly signal: AbortSignal;
  /** Whether the home is still ours to write to; rejects when not, and ends the loop. */
  confirm(): Promise<void>;
}

export class Loop {
  readonly #context: ClientContext;
  readonly #cycles: Cycles;
  readonly #options: LoopOptions;
  readonly #wakes: Wakes;
  readonly #sleep: MachineSleep;
  readonly #watching: Promise<void>[];
  /** Raised, and not done yet. */
  readonly #due = new Set<Wake>();
  #fullAt: number;
  #pairsAt = -Infinity;

  constructor(context: ClientContext, cycles: Cycles, options: LoopOptions) {
    const { home, platform: { clock } } = context;
    this.#context = context;
    this.#cycles = cycles;
    this.#options = options;
    this.#wakes = options.wakes;
    this.#sleep = new MachineSleep(clock);
    this.#watching = [
      this.#watch(home.file.outbox, "outbox"),
      this.#watch(home.file.pendingPairs, "pairs"),
      this.#watch(home.file.pair2, "pairs"),
    ];
    this.#fullAt = clock.monotonic();
  }

  /** Ends when the signal aborts. */
  async *run(): AsyncGenerator<CycleReport, void, undefined> {
    const { signal } = this.#options;
    let due: ReadonlySet<Wake> = ALL;
    while (!signal.aborted) {
      if (due === ALL) await this.#options.confirm();
      const report = await this.#cycle(due);
      if (signal.aborted) return;
      if (due === ALL || hasNews(report)) yield report;
      await this.#followMailboxes();
      // A pin explains what was quarantined, and makes a peer reachable.
      due = report.pairs.transitions.length > 0 ? this.#everything() : await this.#nextDue();
    }
  }

  /** Ends connections and watches. */
  async close(): Promise<void> {
    await this.#cycles.lines.close();
    await Promise.all(this.#watching);
  }

  async #cycle(due: ReadonlySet<Wake>): Promise<CycleReport> {
    const { clock } = this.#context.platform;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#options.signal]);
    // Ended by us, or by the daemon's end: either way the waiting is over.
    const patience = clock.sleep(PATIENCE_MS, signal).catch(() => undefined);
    try {
      const until = Promise.race([patience, this.#wakes.bell.rung()]);
      return await this.#cycles.run(due, { signal: this.#options.signal, until });
    } finally {
      over.abort();
      const now = clock.monotonic();
      if (due === ALL) this.#fullAt = now;
      if (due.has("pairs")) this.#pairsAt = now;
    }
  }

  /** Mailboxes may have come or gone since. */
  async #followMailboxes(): Promise<void> {
    try {
      this.#cycles.lines.follow(ownRoutes(await this.#context.home.readRelayState()));
    } catch {
      // The cycle before has told that relay.json cannot be read; connections go on as they are.
    }
  }

  /** @returns an empty set once the signal is aborted */
  async #nextDue(): Promise<ReadonlySet<Wake>> {
    const { clock } = this.#context.platform;
    const { intervalMs, signal } = this.#options;
    while (!signal.aborted) {
      const fullIn = this.#fullAt + intervalMs - clock.monotonic();
      if (fullIn <= 0) return this.#everything();
      for (const wake of this.#wakes.take()) this.#due.add(wake);
      const sincePairs = clock.monotonic() - this.#pairsAt;
      const atLeastMs = this.#cycles.watchPairings() ? BUSY_PAIRS_MS : PAIRS_AT_LEAST_MS;
      if (sincePairs >= atLeastMs) this.#due.add("pairs");
      const pairsIn = PAIR_SPACING_MS - sincePairs;
      const ready = new Set(this.#due);
      if (pairsIn > 0) ready.delete("pairs");
      for (const wake of ready) this.#due.delete(wake);
      if (ready.size > 0) return ready;
      const waitMs = Math.min(fullIn, this.#due.has("pairs") ? pairsIn : LOOK_MS);
      await this.#wakes.bell.wait(clock, waitMs, signal);
      if (this.#sleep.isOver()) this.#cycles.lines.check();
      if (await this.#outboxChanged()) this.#due.add("outbox");
    }
    return new Set();
  }

  #everything(): ReadonlySet<Wake> {
    this.#due.clear();
    this.#wakes.take();
    return ALL;
  }

  async #outboxChanged(): Promise<boolean> {
    try {
      return await this.#cycles.pusher.hasNews();
    } catch {
      return false; // an outbox that cannot be read: the next full cycle tells
    }
  }

  async #watch(directory: string, wake: Wake): Promise<void> {
    const { files } = this.#context.platform;
    for await (const _ of files.watch([directory], this.#options.signal)) this.#wakes.raise(wake);
  }
}
