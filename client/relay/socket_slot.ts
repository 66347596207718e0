/**
 * One mailbox that is open on a connection: what came waits until what came before is stored, and
 * only then does the relay hear of it. See docs/protocol/extensions.md §3.
 */
import type { Json } from "../../protocol/json/value.ts";
import type { Arrival, ArrivalFrame } from "./socket_frames.ts";

/** Stores events, in the order of the mailbox. Called again when it is done, with all that came. */
export type TakeEvents = (events: readonly Json[]) => Promise<void>;

export interface SocketSlotPort {
  readonly take: TakeEvents;
  /** Everything up to this place is on the disk. */
  ack(seq: number): void;
  /** It could not be stored, or the relay broke its word: the connection is of no use. */
  fail(error: unknown): void;
}

/** A relay may send 1,024 events or 4 MiB ahead of our acks, and one frame more. */
const MOST_WAITING_EVENTS = 2_048;
const MOST_WAITING_LENGTH = 8 * 1024 * 1024;

export class SocketSlot {
  readonly #port: SocketSlotPort;
  #waiting: Arrival[] = [];
  #waitingLength = 0;
  #lastSeq = 0;
  #storing: Promise<void> | undefined;

  constructor(port: SocketSlotPort) {
    this.#port = port;
  }

  /**
   * @param length of the frame's text
   * @throws {RangeError} for a place twice or out of order, and beyond the window
   */
  arrive({ events }: ArrivalFrame, length: number): void {
    for (const { seq } of events) {
      if (seq <= this.#lastSeq) throw new RangeError(`event ${seq} after ${this.#lastSeq}`);
      this.#lastSeq = seq;
    }
    this.#waiting.push(...events);
    this.#waitingLength += length;
    if (this.#waiting.length > MOST_WAITING_EVENTS || this.#waitingLength > MOST_WAITING_LENGTH) {
      throw new RangeError("more events than its window");
    }
    this.#storing ??= this.#store();
  }

  /** Resolves when nothing is being stored. */
  async settled(): Promise<void> {
    await this.#storing;
  }

  /** What came and is not being stored yet is forgotten: it comes again after the cursor. */
  drop(): void {
    this.#waiting = [];
    this.#waitingLength = 0;
  }

  async #store(): Promise<void> {
    try {
      for (let events = this.#next(); events.length > 0; events = this.#next()) {
        await this.#port.take(events.map(({ event }) => event));
        const last = events.at(-1);
        if (last !== undefined) this.#port.ack(last.seq);
      }
    } catch (error) {
      this.#port.fail(error);
    } finally {
      this.#storing = undefined;
    }
  }

  #next(): readonly Arrival[] {
    const events = this.#waiting;
    this.drop();
    return events;
  }
}
