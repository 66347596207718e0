/** Server-sent events: docs/protocol/relay.md §5.7. */
import type { Clock } from "../platform/clock.ts";
import type { SlotId } from "../protocol/ids.ts";
import type { Hub } from "./hub.ts";
import { StreamQueue } from "./stream_queue.ts";

export interface StreamLimits {
  readonly maxStreams: number;
  readonly maxStreamQueueBytes: number;
  readonly keepaliveMs: number;
}

const KEEPALIVE = new TextEncoder().encode(": still on the line\n\n");

interface Stream {
  readonly queue: StreamQueue;
  /** Monotonic time of the last message or comment. */
  lastWrite: number;
}

export class EventStreams {
  readonly #streams = new Set<Stream>();

  constructor(
    readonly deps: { readonly clock: Clock; readonly hub: Hub },
    readonly limits: StreamLimits,
  ) {}

  get size(): number {
    return this.#streams.size;
  }

  /**
   * @param head seq of the slot's last event, asked for just before
   * @returns the stream's bytes, beginning with what is stored from now on; undefined when too many
   * listen to this slot or to the relay
   */
  open(slot: SlotId, head: number): StreamQueue | undefined {
    if (this.size >= this.limits.maxStreams) return undefined;
    const { clock, hub } = this.deps;
    const queue = new StreamQueue(this.limits.maxStreamQueueBytes);
    const stream: Stream = { queue, lastWrite: clock.monotonic() };
    const joined = hub.join(slot, {
      take({ messages }) {
        stream.lastWrite = clock.monotonic();
        for (const message of messages) queue.push(message);
      },
      retired: () => queue.end(),
    }, head);
    if (joined === undefined) return undefined;
    this.#streams.add(stream);
    queue.ended.addEventListener("abort", () => {
      joined.leave();
      this.#streams.delete(stream);
    }, { once: true });
    void this.#keepAlive(stream);
    return queue;
  }

  /** Ends every stream. */
  close(): void {
    for (const { queue } of [...this.#streams]) queue.end();
  }

  async #keepAlive(stream: Stream): Promise<void> {
    const { queue } = stream;
    const { clock } = this.deps;
    try {
      while (!queue.ended.aborted) {
        const due = stream.lastWrite + this.limits.keepaliveMs;
        const wait = due - clock.monotonic();
        if (wait > 0) await clock.sleep(wait, queue.ended);
        else {
          stream.lastWrite = clock.monotonic();
          queue.push(KEEPALIVE);
        }
      }
    } catch {
      // The sleep ends with the stream: nothing is left to be kept alive.
    }
  }
}
