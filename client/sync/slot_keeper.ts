/**
 * Keeps one mailbox of ours open on a connection: takes its turn, opens it at the cursor, hands on
 * what comes, and gives the turn back when everything that came is stored.
 */
import type { Clock } from "../../platform/clock.ts";
import type { EventId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json/value.ts";
import type { SocketSession } from "../relay/socket_session.ts";
import { errorText } from "./error_text.ts";
import type { MailboxTurns } from "./mailbox_turns.ts";
import type { Route } from "./routes.ts";

/** Where mail goes, by whatever way it came. */
export interface MailboxReader {
  readonly turns: MailboxTurns;
  /** Where to go on. */
  since(route: Route): Promise<EventId | undefined>;
  /** Stores; the cursor has moved when it resolves. */
  take(route: Route, items: readonly Json[]): Promise<void>;
}

export interface SlotKeeperPort {
  readonly reader: MailboxReader;
  readonly clock: Clock;
  changed(): void;
  wake(): void;
}

/** A mailbox that was refused: a relay allows ten openings a minute. */
const AGAIN_MS = 30_000;

export class SlotKeeper {
  readonly route: Route;
  /** Resolves when the connection, or this keeper, is over and everything that came is stored. */
  readonly ended: Promise<void>;
  readonly #session: SocketSession;
  readonly #port: SlotKeeperPort;
  readonly #stop = new AbortController();
  #isServed = false;
  #wasServed = false;
  #refusal: string | undefined;

  constructor(session: SocketSession, route: Route, port: SlotKeeperPort) {
    this.route = route;
    this.#session = session;
    this.#port = port;
    session.ended.then(() => this.stop());
    this.ended = this.#keep();
  }

  get isServed(): boolean {
    return this.#isServed;
  }

  /** Whether it ever was. */
  get wasServed(): boolean {
    return this.#wasServed;
  }

  /** Why the relay does not serve it on this connection. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  stop(): void {
    this.#stop.abort();
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#refusal = await this.#serve();
      if (signal.aborted) return;
      this.#port.changed();
      this.#port.wake(); // asked for in the usual way, the reason is told
      await this.#port.clock.sleep(AGAIN_MS, signal).catch(() => undefined); // asked above
    }
  }

  /** @returns why it is over, unless we wanted it */
  async #serve(): Promise<string | undefined> {
    const { reader, changed } = this.#port;
    const { signal } = this.#stop;
    const { slotId, slotToken } = this.route;
    const turn = await reader.turns.take(this.route, signal).catch(() => undefined); // stopped
    if (turn === undefined) return;
    using _turn = turn;
    const closed = Promise.withResolvers<string | undefined>();
    signal.addEventListener("abort", () => closed.resolve(undefined), { once: true });
    if (signal.aborted) return;
    try {
      await this.#session.openSlot(slotId, {
        token: slotToken,
        since: await reader.since(this.route),
        take: (items) => this.#take(items),
        onLive: () => reader.turns.becomeLive(this.route),
        onClosed: (error) => closed.resolve(errorText(error)),
      });
      this.#isServed = this.#wasServed = true;
      this.#refusal = undefined;
      changed();
      const why = await closed.promise;
      this.#isServed = false;
      if (!this.#session.isOver) await this.#session.closeSlot(slotId);
      return why;
    } catch (error) {
      return errorText(error);
    } finally {
      this.#isServed = false;
      await this.#session.settled();
    }
  }

  async #take(items: readonly Json[]): Promise<void> {
    try {
      await this.#port.reader.take(this.route, items);
    } finally {
      this.#port.wake();
    }
  }
}
