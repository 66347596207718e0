/**
 * A slot open on a connection: the backlog, `live`, then what comes. It holds no events. What just
 * arrived goes out as it is if the reader has everything before it and room; everything else is read
 * from the store once there is room, from the place it has come to. So nothing falls between, nothing
 * comes twice, and a slow reader holds no memory.
 */
import type { SlotId } from "../../protocol/ids.ts";
import type { Entry, SlotStore } from "../../store/slots/slot_store.ts";
import type { HubReader } from "../hub.ts";
import type { StoredBatch } from "../stored_batch.ts";
import { type EventsFrame, eventsFrames, frame } from "./frames.ts";
import type { FrameSocket } from "./socket.ts";
import type { Window } from "./window.ts";

/** Read from the store at a time. */
const RUN_EVENTS = 256;
const RUN_BYTES = 512 * 1024;

export interface SubscriptionDeps {
  readonly socket: Pick<FrameSocket, "bufferedBytes" | "send" | "onDrained">;
  readonly store: Pick<SlotStore, "entries">;
  readonly window: Window;
  readonly maxBufferedBytes: number;
  /** The slot cannot be read. */
  failed(error: unknown): void;
  /** The owner has closed the slot. */
  retired(): void;
}

export interface Backlog {
  /** Seq of the last event the reader has. */
  readonly after: number;
  /** Of the last event in the slot. */
  readonly head: number;
}

export class Subscription implements HubReader {
  /** Of the next event to be sent. */
  #next = 1;
  /** Known to be in the slot. */
  #head = 0;
  /** Of the backlog's last event. */
  #backlog = 0;
  #isLive = false;
  #isRunning = false;
  /** Somebody called while it was running. */
  #isWoken = false;
  /** Bytes of the next event, if there was no room for it. */
  #needed = 0;
  #isClosed = false;
  #isStarted = false;
  /** Leaves the hub. */
  leave: () => void = () => {};

  constructor(readonly deps: SubscriptionDeps, readonly slot: SlotId) {}

  /** Of the last event that was sent, or that the reader had. */
  get lastSent(): number {
    return this.#next - 1;
  }

  /** From then on events go out; what was heard before is not lost. */
  start({ after, head }: Backlog): void {
    this.#next = after + 1;
    this.#head = Math.max(this.#head, head);
    this.#backlog = head;
    this.#isStarted = true;
    this.wake();
  }

  take(batch: StoredBatch): void {
    const last = batch.entries.at(-1)?.seq ?? 0;
    this.#head = Math.max(this.#head, last);
    const isNext = this.#isLive && !this.#isRunning && batch.first === this.#next;
    if (isNext && this.#hasRoomFor(batch)) {
      for (const ready of batch.frames) this.#send(ready);
      this.#next = last + 1;
    } else this.wake();
  }

  retired(): void {
    this.deps.retired();
  }

  ack(seq: number): void {
    this.deps.window.ack(seq);
    this.wake();
  }

  /** Goes on sending if there is something to send and room for it. */
  wake = (): void => {
    this.#isWoken = true;
    if (this.#isStarted && !this.#isRunning && !this.#isClosed) void this.#run();
  };

  close(): void {
    this.#isClosed = true;
    this.leave();
    const { window } = this.deps;
    window.connection.forget(this.wake);
    window.relay.forget(this.wake);
    window.close();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (this.#isWoken) {
        this.#isWoken = false;
        while (this.#mayGoOn()) await this.#sendSome();
      }
    } catch (error) {
      if (!this.#isClosed) this.deps.failed(error);
    } finally {
      this.#isRunning = false;
    }
  }

  /** False once everything is sent, or until somebody wakes it. */
  #mayGoOn(): boolean {
    if (this.#isClosed) return false;
    const { socket, window, maxBufferedBytes } = this.deps;
    if (!this.#isLive && this.#next > this.#backlog) {
      this.#isLive = true;
      socket.send(frame({ op: "live", slot: this.slot }));
    }
    if (this.#next > this.#head) return false;
    if (socket.bufferedBytes > maxBufferedBytes) {
      socket.onDrained(this.wake);
      return false;
    }
    if (window.fits(1, Math.max(1, this.#needed))) return true;
    this.#waitForRoom();
    return false;
  }

  async #sendSome(): Promise<void> {
    const { store, window } = this.deps;
    const from = this.#next;
    const { entries, next, head } = await store.entries(this.slot, {
      after: from - 1,
      limit: Math.min(RUN_EVENTS, window.freeEvents),
      maxBytes: Math.min(RUN_BYTES, window.freeBytes),
    });
    if (this.#isClosed) return;
    this.#head = Math.max(this.#head, head);
    const fitting = this.#fitting(entries);
    for (const ready of eventsFrames(this.slot, fitting)) this.#send(ready);
    const left = entries[fitting.length];
    this.#next = left === undefined ? Math.max(from, next) : left.seq;
    this.#needed = left?.bytes.length ?? 0;
    // What is known of the head may be ahead of a store that another process writes to.
    if (entries.length === 0 && next === from) this.#head = from - 1;
  }

  /** As many of the first as there is room for; `live` stands right after the backlog. */
  #fitting(entries: readonly Entry[]): readonly Entry[] {
    let bytes = 0;
    for (const [i, entry] of entries.entries()) {
      bytes += entry.bytes.length;
      const isAfterLive = !this.#isLive && entry.seq > this.#backlog;
      if (isAfterLive || !this.deps.window.fits(i + 1, bytes)) return entries.slice(0, i);
    }
    return entries;
  }

  #hasRoomFor({ frames, entries }: StoredBatch): boolean {
    const { socket, window, maxBufferedBytes } = this.deps;
    if (socket.bufferedBytes > maxBufferedBytes) return false;
    if (frames.length === 0) return false;
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
    return window.fits(entries.length, bytes);
  }

  /** Acks of this slot wake it anyway; those of others only where they are what is missing. */
  #waitForRoom(): void {
    const { connection, relay } = this.deps.window;
    const needed = Math.max(1, this.#needed);
    if (connection.free < needed) connection.wait(this.wake);
    if (relay.free < needed) relay.wait(this.wake);
  }

  #send({ entries, bytes }: EventsFrame): void {
    const { socket, window } = this.deps;
    for (const entry of entries) window.sent(entry.seq, entry.bytes.length);
    socket.send(bytes);
  }
}
