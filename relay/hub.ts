/** Who is listening to which slot. See docs/protocol/relay.md §5.7. */
import type { SlotId } from "../protocol/ids.ts";
import type { Clock } from "../platform/clock.ts";
import { StreamQueue } from "./stream_queue.ts";

export interface HubLimits {
  readonly maxStreams: number;
  readonly maxStreamsPerSlot: number;
  readonly maxStreamQueueBytes: number;
  readonly keepaliveMs: number;
}

const encoder = new TextEncoder();
const KEEPALIVE = encoder.encode(": still on the line\n\n");

interface Subscriber {
  readonly queue: StreamQueue;
  /** Monotonic time of the last message or comment. */
  lastWrite: number;
}

export class Hub {
  readonly #clock: Clock;
  readonly #limits: HubLimits;
  readonly #slots = new Map<SlotId, Set<Subscriber>>();
  #size = 0;

  constructor(clock: Clock, limits: HubLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * @returns the stream's bytes, beginning with what is stored from now on; undefined when too many
   * listen to this slot or to the relay
   */
  subscribe(slot: SlotId): StreamQueue | undefined {
    const others = this.#slots.get(slot) ?? new Set();
    if (this.#size >= this.#limits.maxStreams) return undefined;
    if (others.size >= this.#limits.maxStreamsPerSlot) return undefined;
    const queue = new StreamQueue(this.#limits.maxStreamQueueBytes);
    const subscriber = { queue, lastWrite: this.#clock.monotonic() };
    this.#slots.set(slot, others.add(subscriber));
    this.#size++;
    queue.ended.addEventListener("abort", () => this.#forget(slot, subscriber), { once: true });
    this.#keepAlive(subscriber);
    return queue;
  }

  /** @param text the stored form of an event that is on the disk */
  publish(slot: SlotId, text: string): void {
    const subscribers = this.#slots.get(slot);
    if (subscribers === undefined) return;
    const message = encoder.encode(`data: ${text}\n\n`);
    const now = this.#clock.monotonic();
    for (const subscriber of [...subscribers]) {
      subscriber.lastWrite = now;
      subscriber.queue.push(message);
    }
  }

  /** Ends the streams of one slot. */
  end(slot: SlotId): void {
    for (const { queue } of [...this.#slots.get(slot) ?? []]) queue.end();
  }

  /** Ends every stream. */
  close(): void {
    for (const subscribers of [...this.#slots.values()]) {
      for (const { queue } of [...subscribers]) queue.end();
    }
  }

  async #keepAlive(subscriber: Subscriber): Promise<void> {
    const { queue } = subscriber;
    try {
      while (!queue.ended.aborted) {
        const due = subscriber.lastWrite + this.#limits.keepaliveMs;
        const wait = due - this.#clock.monotonic();
        if (wait > 0) await this.#clock.sleep(wait, queue.ended);
        else {
          subscriber.lastWrite = this.#clock.monotonic();
          queue.push(KEEPALIVE);
        }
      }
    } catch {
      // The sleep ends with the stream: nothing is left to be kept alive.
    }
  }

  #forget(slot: SlotId, subscriber: Subscriber): void {
    const subscribers = this.#slots.get(slot);
    if (subscribers?.delete(subscriber) !== true) return;
    this.#size--;
    if (subscribers.size === 0) this.#slots.delete(slot);
  }
}
