/**
 * One WebSocket to a relay, from its opening to its end: requests and their answers, mailboxes,
 * pairings. Whoever is at the other end is not trusted: everything is bounded, and what was not
 * asked for is dropped and counted. See docs/protocol/extensions.md §3.
 */
import type { Clock } from "../../platform/clock.ts";
import type { Socket, Sockets } from "../../platform/sockets.ts";
import { transportError } from "../../platform/transport_error.ts";
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl, SlotId, SlotToken } from "../../protocol/ids.ts";
import { MAX_FRAME_BYTES, WS_PATH, WS_SUBPROTOCOL } from "../../protocol/schemas/ws_frames.ts";
import { visible } from "../../protocol/text/visible.ts";
import { REQUEST_DEADLINE_MS } from "./http.ts";
import { InFlight } from "./in_flight.ts";
import { type Published, publishedOf } from "./published.ts";
import { Pulse } from "./pulse.ts";
import { type Answer, type Frame, readFrame } from "./socket_frames.ts";
import { type PairSeat, SocketPairs } from "./socket_pairs.ts";
import { type Asked, SocketRequests, unexpected } from "./socket_requests.ts";
import { type SlotOpening, SocketSlots } from "./socket_slots.ts";
import type { RelayOperation } from "./status_error.ts";

export interface SocketDependencies {
  readonly sockets: Sockets;
  readonly clock: Clock;
}

export interface SessionEnd {
  /** The code of the WebSocket's end. */
  readonly code: number;
  /** For people. */
  readonly why: string;
  /** What ended it at our side, such as a disk that is full. */
  readonly error?: unknown;
}

/** Frames of events on their way: a relay stops reading at 32 of them, or 8 MiB. */
const MOST_PUBLISHING = 4;
/** How long a good-bye may take. */
const CLOSING_MS = 2_000;
const NORMAL = 1000;

export class SocketSession {
  readonly url: RelayUrl;
  readonly ended: Promise<SessionEnd>;
  /** Events of mailboxes that were never opened here, and frames that answer nothing. */
  strays = 0;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #requests: SocketRequests;
  readonly #pulse: Pulse;
  readonly #slots = new SocketSlots();
  readonly #pairs: SocketPairs;
  readonly #publishing = new InFlight(MOST_PUBLISHING);
  readonly #over = new AbortController();
  readonly #end = Promise.withResolvers<SessionEnd>();

  private constructor(url: RelayUrl, socket: Socket, clock: Clock) {
    this.url = url;
    this.#socket = socket;
    this.#clock = clock;
    this.ended = this.#end.promise;
    this.#requests = new SocketRequests({
      clock,
      send: (text) => void socket.send(text),
      unanswered: (operation) => this.#finish({ code: 1006, why: `no answer to ${operation}` }),
    });
    this.#pulse = new Pulse({
      clock,
      over: this.#over.signal,
      ping: (answered) => this.#requests.ping(answered),
      lost: () => this.#finish({ code: 1006, why: "no answer to a ping" }),
    });
    this.#pairs = new SocketPairs({
      over: this.#over.signal,
      ask: (asked, read) => this.#request("pair_get", asked, read),
    });
    this.#run();
  }

  /** @throws {TransportError} unreachable; the signal's reason */
  static async open(
    url: RelayUrl,
    { sockets, clock }: SocketDependencies,
    signal: AbortSignal,
  ): Promise<SocketSession> {
    const socket = await sockets.connect({
      url: url + WS_PATH,
      protocol: WS_SUBPROTOCOL,
      maxMessageBytes: MAX_FRAME_BYTES,
      signal: AbortSignal.any([signal, clock.timeout(REQUEST_DEADLINE_MS)]),
    });
    return new SocketSession(url, socket, clock);
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /**
   * From now on what is in the mailbox after `since`, and what comes, is taken.
   * @throws {RelayStatusError} this mailbox is not served here now; {TransportError}
   */
  async openSlot(slotId: SlotId, opening: SlotOpening): Promise<void> {
    const { token, since } = opening;
    const frame = { op: "open", slot: slotId, token, since: since ?? null };
    await this.#request("event_stream", frame, (answer) => {
      if (answer.op !== "opened" || answer.slot !== slotId) throw unexpected(answer);
      // Before anything else is read: the backlog may follow in the same breath.
      this.#slots.opened(slotId, opening, {
        ack: (seq) => this.#send({ op: "ack", slot: slotId, seq }),
        fail: (error) => this.#fail(error),
      });
    });
  }

  /** @throws {TransportError} */
  async closeSlot(slotId: SlotId): Promise<void> {
    const slot = this.#slots.forget(slotId);
    if (slot === undefined) return;
    await this.#request("event_stream", { op: "close", slot: slotId }, () => undefined);
    await slot.settled();
  }

  /**
   * @param texts events in stored form, no more and no longer than a frame may hold
   * @param options.wantsReceipts only on a relay that announces `receipts`
   * @returns what became of each, in order
   * @throws {RelayStatusError} for all of them; {TransportError}: nobody knows
   */
  publish(
    slotId: SlotId,
    token: SlotToken,
    texts: readonly string[],
    { wantsReceipts = false }: { readonly wantsReceipts?: boolean } = {},
  ): Promise<readonly Published[]> {
    const members = { slot: slotId, token, ...(wantsReceipts ? { receipt: this.url } : {}) };
    const rest = JSON.stringify(members).slice(1, -1);
    return this.#publishing.run(() =>
      this.#request("post_event", {
        op: "publish",
        toText: (ref) => `{"op":"publish","ref":${ref},${rest},"events":[${texts.join(",")}]}`,
      }, (answer) => {
        if (answer.op !== "published") throw unexpected(answer);
        if (answer.results.length !== texts.length) {
          throw new RangeError(`${answer.results.length} results for ${texts.length} events`);
        }
        return answer.results.map(publishedOf);
      })
    );
  }

  /**
   * Tells when the other side of a pairing did something, until `signal` aborts or it is over.
   * @throws {RelayStatusError}, {TransportError}
   */
  watchPair(seat: PairSeat, onNews: () => void, signal: AbortSignal): Promise<void> {
    return this.#pairs.watch(seat, onNews, signal);
  }

  /** Asks whether somebody is still there; if nothing at all is heard in time, it is over. */
  check(): Promise<void> {
    return this.#pulse.check();
  }

  /** Says good-bye. What is being stored is stored when it resolves. */
  async close(): Promise<void> {
    this.#slots.drop();
    this.#socket.close(NORMAL);
    const late = this.#clock.sleep(CLOSING_MS, this.#over.signal).then(
      () => this.#finish({ code: NORMAL, why: "closed" }),
      () => undefined, // it is over
    );
    await Promise.race([this.#socket.ended, late]);
    await this.settled();
  }

  /** Resolves when nothing that came is being stored. */
  async settled(): Promise<void> {
    await this.#slots.settled();
  }

  async #run(): Promise<void> {
    try {
      for await (const text of this.#socket.messages) {
        this.#pulse.heard();
        this.#take(readFrame(text), text.length);
        if (this.isOver) return;
      }
      const { code, reason } = await this.#socket.ended;
      const shown = reason === "" ? "" : ` ${visible(reason, { maxLength: 100 })}`;
      this.#finish({ code, why: `the connection ended (${code}${shown})` });
    } catch (error) {
      // Not its protocol: another server, an attack, a newer relay.
      this.#fail(garbage(this.url, error));
    }
  }

  #take(frame: Frame | undefined, length: number): void {
    if (frame === undefined) return void this.strays++;
    switch (frame.op) {
      case "events":
        if (!this.#slots.arrive(frame, length)) this.strays += frame.events.length;
        return;
      case "live":
        return this.#slots.live(frame.slot);
      case "error": {
        const { slot, http, message } = frame;
        if (this.#requests.refuse(frame)) return;
        if (slot === undefined || !this.#slots.end(slot, http, message)) this.strays++;
        return;
      }
      default: {
        if (!this.#requests.take(frame) && !this.#pairs.take(frame)) this.strays++;
      }
    }
  }

  async #request<T>(
    operation: RelayOperation,
    asked: Asked,
    read: (answer: Answer, ref: number) => T,
  ): Promise<T> {
    if (this.isOver) throw this.#gone();
    return await this.#requests.ask(operation, asked, read);
  }

  #send(frame: Readonly<Record<string, unknown>>): void {
    this.#socket.send(JSON.stringify(frame));
  }

  #fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#finish({ code: 1006, why: message, error });
  }

  #finish(end: SessionEnd): void {
    if (this.isOver) return;
    this.#over.abort();
    this.#socket.cut();
    this.#slots.drop();
    this.#end.resolve(end);
    this.#requests.fail(this.#gone(end.why));
  }

  #gone(why = "the connection is over"): WireError {
    return transportError({ method: "GET", url: this.url + WS_PATH }, new Error(why));
  }
}

function garbage(url: RelayUrl, error: unknown): WireError {
  const shown = visible(error instanceof Error ? error.message : String(error), { maxLength: 300 });
  return new WireError("relay_garbage", `WebSocket at ${url}: bad frame: ${shown}`, {
    cause: error,
  });
}
