/**
 * Reads our mailboxes to their ends: page, store, then move the cursor. A mailbox that fails holds
 * up no other. The caller holds the home's daemon.lock.
 * See docs/protocol/identity-and-events.md §13 and docs/protocol/relay.md §5.4.
 */
import type { EventId, Handle } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json/value.ts";
import type { Identity } from "../../store/home/identity.ts";
import { HearingHome } from "../../store/home/hearing_home.ts";
import { previousMailboxes } from "../../store/home/previous_mailboxes.ts";
import type { ClientContext } from "../context.ts";
import { endExpiredRequests } from "../consent/open_request.ts";
import { GrantKeeper } from "../grants/keeper.ts";
import { MAX_PAGE_EVENTS } from "../relay_client.ts";
import { cursorOf, federationCursor } from "./cursors.ts";
import { Deliveries } from "../delivery/deliveries.ts";
import { FollowUp } from "./follow_up.ts";
import { Gathering } from "./gathering.ts";
import { Intake } from "./intake.ts";
import { mailboxKey, MailboxTurns } from "./mailbox_turns.ts";
import { emptyTally, type PullTally } from "./pull_report.ts";
import type { RoundOptions } from "./pusher.ts";
import { Receiver } from "./receiver.ts";
import { PreviousReader } from "./previous_reader.ts";
import { ownRoutes, type Route } from "./routes.ts";

export type PullNews = (news: Pick<PullTally, "written" | "rejected">) => void;

export interface PullRound extends PullTally {
  /** The mailboxes that were read, or tried. */
  readonly routes: readonly Route[];
  readonly failures: readonly { readonly route: Route; readonly error: unknown }[];
  /** As relay.json has it after the round. */
  readonly federationCursor: EventId | undefined;
}

export interface PullerOptions {
  /** Told what was stored or put aside, as soon as that stands on the disk. */
  readonly onNews?: PullNews;
  /** Of this process; left out: of this puller alone. */
  readonly deliveries?: Deliveries;
}

/** Of one mailbox in one round; the next round goes on. */
const MOST_PAGES = 1_000;

export class Puller {
  /** Whoever has a mailbox's turn is the one who reads it. */
  readonly turns = new MailboxTurns();
  readonly #context: ClientContext;
  readonly #receiver: Receiver;
  readonly #intake: Intake;
  readonly #deliveries: Deliveries;
  /** Mailboxes that were read to their ends in this round. */
  readonly #atEnd = new Set<string>();
  /** By scope; and the mailboxes that we moved out of. */
  readonly #gathering = new Gathering<string>();
  readonly #previous: PreviousReader;
  readonly #grants: GrantKeeper;
  readonly #answered = new Set<Handle>();
  #tally = emptyTally();
  readonly #onNews: PullNews;
  /** Of this home's disk: a relay's problems are its own. */
  #problem: { readonly error: unknown } | undefined;
  #failures: { route: Route; error: unknown }[] = [];

  constructor(context: ClientContext, identity: Identity, options: PullerOptions = {}) {
    const { onNews = () => {}, deliveries = new Deliveries(context, identity) } = options;
    this.#onNews = onNews;
    this.#context = context;
    this.#receiver = new Receiver(new HearingHome(context.home), identity);
    const followUp = new FollowUp(context, identity, deliveries);
    this.#intake = new Intake(context, this.#receiver, followUp);
    this.#previous = new PreviousReader(context, identity, {
      receiver: this.#receiver,
      followUp,
    });
    this.#deliveries = deliveries;
    this.#grants = new GrantKeeper(context, identity, (peer) => this.#answered.add(peer));
  }

  /**
   * @returns what happened since the last round, also in work that was under way then
   * @throws {WireError} unreadable relay.json or trust.json, write_failed
   */
  async round({ signal, until }: RoundOptions): Promise<PullRound> {
    const { home } = this.#context;
    await this.#deliveries.receipts.begin();
    await this.#tallied(async (tally) => {
      await this.#receiver.reexamine(tally);
      const explained = new Set(tally.written.map(({ from }) => from));
      for (const sender of explained) await this.#deliveries.receipts.arrived(sender);
    });
    const state = await home.readRelayState();
    const routes = ownRoutes(state);
    this.#atEnd.clear();
    for (const [scope, mailboxes] of Map.groupBy(routes, (route) => route.scope)) {
      this.#gathering.start(scope, async () => {
        // Mailboxes of one scope share a cursor: one after the other.
        for (const route of mailboxes) await this.#read(route, signal);
        // Whoever has just used an invite is given a grant of its own.
        this.#gathering.start("grants", () => this.#keepGrants(signal));
      });
    }
    if (previousMailboxes(state).length > 0) {
      this.#gathering.start("previous", () => this.#readPrevious(signal));
    }
    await this.#gathering.settle(until);
    await this.#lookForGaps(routes);
    const problem = this.#problem;
    this.#problem = undefined;
    if (problem !== undefined) throw problem.error; // what was received is told by the next round
    const { written, rejected, totalSeen } = this.#tally;
    const failures = this.#failures;
    this.#tally = emptyTally();
    this.#failures = [];
    const cursor = federationCursor(await home.readRelayState());
    return { written, rejected, totalSeen, routes, failures, federationCursor: cursor };
  }

  /** Peers whose outboxes have got an ack of ours since it was asked last: they wait for that. */
  takeAnswered(): readonly Handle[] {
    const answered = [...this.#answered];
    this.#answered.clear();
    return answered;
  }

  /** Where whoever has the mailbox's turn goes on. @throws {WireError} unreadable */
  async since(route: Route): Promise<EventId | undefined> {
    return cursorOf(await this.#context.home.readRelayState(), route);
  }

  /**
   * What a connection brings, to the same place as what is fetched; the next round tells of it.
   * @throws {WireError} unreadable, locked, write_failed, which the next round throws, too
   */
  async take(route: Route, items: readonly Json[]): Promise<void> {
    try {
      await this.#take(route, items);
    } catch (error) {
      this.#problem = { error };
      throw error;
    }
  }

  /** For a clean end: waits for the page that is being stored. */
  async close(until: Promise<unknown>): Promise<void> {
    await this.#gathering.settle(until);
  }

  #take(route: Route, items: readonly Json[]): Promise<EventId | undefined> {
    return this.#tallied((tally) => this.#intake.take(route, items, tally));
  }

  /** Counted when it is done, for the round that ends next: one may end meanwhile. */
  async #tallied<T>(work: (tally: PullTally) => Promise<T>): Promise<T> {
    const tally = emptyTally();
    try {
      return await work(tally);
    } finally {
      for (const one of tally.written) this.#tally.written.push(one);
      for (const one of tally.rejected) this.#tally.rejected.push(one);
      this.#tally.totalSeen += tally.totalSeen;
      if (tally.written.length + tally.rejected.length > 0) this.#onNews(tally);
    }
  }

  async #read(route: Route, signal: AbortSignal): Promise<void> {
    try {
      using turn = this.turns.tryTake(route);
      // A connection brings what is there.
      const isAtEnd = turn === undefined
        ? this.turns.isLive(route)
        : await this.#readToEnd(route, signal);
      if (isAtEnd) this.#atEnd.add(mailboxKey(route));
    } catch (error) {
      if (!signal.aborted) this.#failures.push({ route, error });
    }
  }

  async #lookForGaps(routes: readonly Route[]): Promise<void> {
    const isCaughtUp = routes.length > 0 &&
      routes.every((route) => this.#atEnd.has(mailboxKey(route)));
    try {
      await this.#deliveries.gaps.round(isCaughtUp);
    } catch (error) {
      this.#problem ??= { error };
    }
  }

  async #keepGrants(signal: AbortSignal): Promise<void> {
    try {
      if (!signal.aborted) await this.#grants.round();
      if (!signal.aborted) await endExpiredRequests(this.#context);
    } catch (error) {
      if (!signal.aborted) this.#problem = { error };
    }
  }

  async #readPrevious(signal: AbortSignal): Promise<void> {
    try {
      await this.#tallied((tally) => this.#previous.round(() => tally, signal));
    } catch (error) {
      if (!signal.aborted) this.#problem = { error };
    }
  }

  /**
   * A short page never means the last one: only an empty one does.
   * @returns whether that came
   */
  async #readToEnd(route: Route, signal: AbortSignal): Promise<boolean> {
    const relay = this.#context.relay(route.relayUrl);
    const { slotId, slotToken } = route;
    const passed = new Set<EventId>();
    let since = await this.since(route);
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      const page = { since, limit: MAX_PAGE_EVENTS, signal };
      const items = await relay.listEvents(slotId, slotToken, page);
      if (items.length === 0) return true;
      const last = await this.#take(route, items);
      if (last === undefined) this.#warnIfStuck(route, items.length);
      // A relay that does not go on from where it is asked would be read for ever.
      if (last === undefined || passed.has(last) || last === since) return false;
      passed.add(last);
      since = last;
    }
    return false;
  }

  /** Only ids can be asked after, so a whole page of events without one hides what follows. */
  #warnIfStuck(route: Route, items: number): void {
    if (items < MAX_PAGE_EVENTS) return;
    this.#context.warn(
      `${route.shownUrl}: ${items} events without an id stand in the mailbox and hide what follows`,
    );
  }
}
