/**
 * One turn of the daemon: directories shared with a group, push, pull, pairings, report. A step that fails is reported and stops
 * nothing. See docs/protocol/identity-and-events.md §15.
 */
import type { ClientContext } from "../client/context.ts";
import { Deliveries } from "../client/delivery/deliveries.ts";
import { Gathering } from "../client/sync/gathering.ts";
import { Lines } from "../client/sync/lines.ts";
import type { PairPlace } from "../client/sync/pair_watches.ts";
import { Puller } from "../client/sync/puller.ts";
import { Pusher, type RoundOptions } from "../client/sync/pusher.ts";
import { tellNow } from "../client/sync/tell_now.ts";
import { readConfig } from "../store/home/config.ts";
import type { Identity } from "../store/home/identity.ts";
import { shareMail } from "../store/home/shared_mail.ts";
import type { Board } from "./board.ts";
import type { Complaints } from "./complaints.ts";
import {
  type CycleReport,
  NO_PAIRS,
  NO_PULL,
  NO_PUSH,
  type PairTransition,
  pullPart,
  pushPart,
} from "./cycle_report.ts";
import { type Wake, WAKES, type Wakes } from "./wakes.ts";

/** What the daemon needs of pairing. */
export interface Pairing {
  /** Takes up what an earlier daemon left; once, before the first cycle. */
  recover(context: ClientContext): Promise<void>;
  /** One step of every pairing that is under way. */
  tick(context: ClientContext, signal: AbortSignal): Promise<PairingTick>;
}

export interface PairingTick {
  readonly transitions: readonly PairTransition[];
  /** Whether another step is wanted within a second or so: somebody waits at the other side. */
  readonly isBusy: boolean;
  /** Those whose relay can tell what the other side did; they count as busy by themselves. */
  readonly places?: readonly PairPlace[];
}

export interface CyclesOptions {
  readonly pairing: Pairing;
  /** Of one cycle and the end: receipts wait for no more of them. */
  readonly once: boolean;
  /** Where what happens is told. */
  readonly board: Board;
  readonly complaints: Complaints;
  /** Raised when a relay says that something is due. */
  readonly wakes: Wakes;
}

export class Cycles {
  readonly pusher: Pusher;
  readonly puller: Puller;
  /** How mail comes while the daemon lives; nothing is open before it is told whom to serve. */
  readonly lines: Lines;
  readonly #context: ClientContext;
  readonly #pairing: Pairing;
  readonly #deliveries: Deliveries;
  readonly #stop = new AbortController();
  readonly #ticking = new Gathering<"pairs">();
  readonly #board: Board;
  readonly #complaints: Complaints;
  #transitions: PairTransition[] = [];
  #isPairing = false;
  #places: readonly PairPlace[] = [];
  #pairError: string | undefined;

  constructor(context: ClientContext, identity: Identity, options: CyclesOptions) {
    const { pairing, once, wakes, board, complaints } = options;
    const { signal } = this.#stop;
    const timing = once ? undefined : { onDue: () => wakes.raise("outbox"), signal };
    this.#deliveries = new Deliveries(context, identity, timing);
    this.puller = new Puller(context, identity, {
      deliveries: this.#deliveries,
      onNews: board.pulled,
    });
    this.lines = new Lines(context, {
      reader: this.puller,
      onMail: () => wakes.raise("mailbox"),
      onPair: () => wakes.raise("pairs"),
      onTransports: (records) => board.mailboxesChanged(records),
    });
    this.pusher = new Pusher(context, identity, {
      publisher: this.lines,
      onStored: (peer, id) => board.stored(peer, id),
      deliveries: this.#deliveries,
      onLate: () => wakes.raise("outbox"),
    });
    this.#context = context;
    this.#pairing = pairing;
    this.#board = board;
    this.#complaints = complaints;
    board.ask({ complaints, resting: () => this.pusher.resting() });
  }

  /**
   * Watches what can be watched of the pairings that are under way.
   * @returns whether one wants its next step soon, and no relay will tell when it is due
   */
  watchPairings(): boolean {
    const unwatched = this.lines.watchPairs(this.#places);
    return this.#isPairing || unwatched.some(({ isBusy }) => isBusy);
  }

  /** Does the parts that are due, in this order, and says what came of them. */
  async run(due: ReadonlySet<Wake>, options: RoundOptions): Promise<CycleReport> {
    if (due.has("pairs")) await this.#share();
    const push = due.has("outbox") ? await this.#push(options) : NO_PUSH;
    const pull = due.has("mailbox") ? await this.#pull(options) : NO_PULL;
    const pairs = due.has("pairs") ? await this.#pairs(options) : NO_PAIRS;
    const ts = this.#context.platform.clock.timestamp();
    if (due.size === WAKES.length) this.#board.roundEnded(ts);
    return { pairs, pull, push, ts };
  }

  /** New peers and files of agents are looked after in every full cycle. */
  async #share(): Promise<void> {
    const { home } = this.#context;
    try {
      const group = (await readConfig(home)).config.files?.group;
      if (group !== undefined) await shareMail(home, group);
      this.#complaints.settled("files.group");
    } catch (error) {
      this.#complaints.about("files.group", error);
    }
  }

  async #push(options: RoundOptions): Promise<CycleReport["push"]> {
    try {
      const { items, writeFailure } = await this.pusher.round(options);
      if (writeFailure === undefined) this.#complaints.settled("push");
      else this.#complaints.about("push", writeFailure);
      return pushPart(items);
    } catch (error) {
      return { pushed: [], skipped: [{ error: this.#complaints.about("push", error) }] };
    }
  }

  async #pull(options: RoundOptions): Promise<CycleReport["pull"]> {
    try {
      const round = await this.puller.round(options);
      this.#complaints.settled("pull");
      const failed = new Map(round.failures.map(({ route, error }) => [route.shownUrl, error]));
      for (const { shownUrl } of round.routes) {
        const step = `pull ${shownUrl}`;
        if (failed.has(shownUrl)) this.#complaints.about(step, failed.get(shownUrl));
        else this.#complaints.settled(step);
      }
      return pullPart(round);
    } catch (error) {
      return { ...NO_PULL, error: this.#complaints.about("pull", error) };
    }
  }

  /** Acks and receipts for what the cycle has pulled, where no other cycle comes. */
  async tell(signal: AbortSignal): Promise<void> {
    try {
      await tellNow(this, this.#context.platform.clock, signal);
    } catch (error) {
      this.#complaints.about("receipts", error);
    }
  }

  /** For a clean end: what is being stored is stored, and the next start knows where to read on. */
  async close(until: Promise<unknown>): Promise<void> {
    this.#stop.abort();
    await this.#ticking.settle(until);
    await this.puller.close(until);
    await this.pusher.close(until);
    await this.#deliveries.receipts.close();
  }

  /** A relay that does not answer must not hold up mail: what comes late is told in a later cycle. */
  async #pairs({ signal, until }: RoundOptions): Promise<CycleReport["pairs"]> {
    this.#ticking.start("pairs", () => this.#tick(signal));
    await this.#ticking.settle(until);
    const transitions = this.#transitions;
    const error = this.#pairError;
    this.#transitions = [];
    this.#pairError = undefined;
    return { transitions, ...(error === undefined ? {} : { error }) };
  }

  async #tick(signal: AbortSignal): Promise<void> {
    try {
      const { transitions, isBusy, places = [] } = await this.#pairing.tick(this.#context, signal);
      this.#places = places;
      this.#transitions.push(...transitions);
      this.#board.paired(transitions);
      this.#isPairing = isBusy;
      this.#complaints.settled("pairing");
    } catch (error) {
      if (!signal.aborted) this.#pairError = this.#complaints.about("pairing", error);
    }
  }
}
