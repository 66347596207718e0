/** The slots open on one connection. */
import type { SlotId } from "../../protocol/ids.ts";
import type { OpenFrame } from "../../protocol/schemas/ws_frames.ts";
import type { FoundSlot, SlotStore } from "../../store/slots/slot_store.ts";
import { retired } from "../auth.ts";
import type { RelayContext } from "../context.ts";
import { errorReply } from "../error_response.ts";
import { type Failure, failure, failureOf, frame } from "./frames.ts";
import type { FrameSocket } from "./socket.ts";
import { Subscription } from "./subscription.ts";
import { AckWriter } from "./ack_writer.ts";
import { Allowance, Window } from "./window.ts";

export interface SubscriptionsDeps {
  readonly context: Pick<RelayContext, "store" | "hub" | "limits" | "log" | "lastPulls" | "clock">;
  readonly socket: FrameSocket;
  readonly relayWindow: Allowance;
}

export class Subscriptions {
  readonly #deps: SubscriptionsDeps;
  readonly #open = new Map<string, Subscription>();
  /** Of slots whose owner is here. */
  readonly #acks = new Map<string, AckWriter>();
  readonly #window: Allowance;
  /** Slots that ended here while the other side may still acknowledge what it got. */
  readonly #cut = new Set<string>();
  #isClosed = false;

  constructor(deps: SubscriptionsDeps) {
    this.#deps = deps;
    this.#window = new Allowance(deps.context.limits.windowConnectionBytes);
  }

  has(slot: string): boolean {
    return this.#open.has(slot);
  }

  /** @returns why not, or undefined once `opened` is sent and events follow */
  async open(found: FoundSlot, asked: OpenFrame): Promise<Failure | undefined> {
    const { store, hub, limits } = this.#deps.context;
    const { id } = found;
    if (this.#open.size >= limits.maxOpenSlots) {
      return failure("busy", "too many slots are open here", 503);
    }
    const subscription = this.#subscription(id);
    const joined = hub.join(id, subscription, await store.head(id));
    if (joined === undefined) {
      return failure(
        "busy",
        `too many subscribers, ${limits.maxStreamsPerSlot} on a slot at most`,
        503,
      );
    }
    subscription.leave = joined.leave;
    this.#open.set(id, subscription);
    // It listens already: what comes during this look goes out after the backlog.
    const { head } = joined;
    const since = await placeOf(store, id, { asked, head });
    const count = await store.backlog(id, { after: since.after, until: head });
    if (this.#open.get(id) !== subscription) return undefined;
    if (this.#isClosed) return void this.#forget(subscription);
    this.#cut.delete(id);
    if (found.class === "owner") this.#acks.set(id, this.#ackWriter(id));
    this.touch();
    this.#deps.socket.send(frame({
      op: "opened",
      ref: asked.ref,
      slot: id,
      count,
      ...(since.isReset ? { reset: true } : {}),
    }));
    subscription.start({ after: since.after, head });
    // Another process may have retired it while we began to listen.
    if ((await store.find(id))?.isRetired === true) this.#end(id, failureOf(retired()));
    return undefined;
  }

  /** @returns what is wrong with it, or undefined */
  ack(slot: string, seq: number): Failure | undefined {
    const subscription = this.#open.get(slot);
    if (subscription === undefined) {
      return this.#cut.has(slot) ? undefined : failure("bad_frame", "slot is not open here", 400);
    }
    if (seq > subscription.lastSent) {
      return failure("bad_frame", `expected at most seq ${subscription.lastSent}`, 400);
    }
    subscription.ack(seq);
    this.#acks.get(slot)?.ack(seq);
    return undefined;
  }

  /** @returns false if it was not open */
  close(slot: string): boolean {
    const subscription = this.#open.get(slot);
    if (subscription === undefined) return this.#cut.delete(slot);
    this.#forget(subscription);
    return true;
  }

  closeAll(): void {
    this.#isClosed = true;
    for (const subscription of [...this.#open.values()]) this.#forget(subscription);
  }

  /** Whoever listens is pulling all the time. */
  touch(): void {
    const { lastPulls, clock } = this.#deps.context;
    const now = Math.floor(clock.now() / 1000);
    for (const { slot } of this.#open.values()) lastPulls.set(slot, now);
  }

  #subscription(id: SlotId): Subscription {
    const { context: { store, limits, log }, socket, relayWindow } = this.#deps;
    return new Subscription({
      socket,
      store,
      window: new Window(limits, this.#window, relayWindow),
      maxBufferedBytes: limits.maxBufferedBytes,
      failed: (error) => this.#end(id, failureOf(errorReply(error, log))),
      retired: () => this.#end(id, failureOf(retired())),
    }, id);
  }

  #ackWriter(id: SlotId): AckWriter {
    const { store, log } = this.#deps.context;
    const failed = (error: unknown) => log.error("an ack was not stored", { error: String(error) });
    return new AckWriter({ store, failed }, id);
  }

  /** The slot's subscription is over, the connection is not. */
  #end(slot: SlotId, why: Failure): void {
    const subscription = this.#open.get(slot);
    if (subscription === undefined) return;
    this.#forget(subscription);
    const [oldest] = this.#cut;
    if (this.#cut.size >= this.#deps.context.limits.maxOpenSlots && oldest !== undefined) {
      this.#cut.delete(oldest);
    }
    this.#cut.add(slot);
    this.#deps.socket.send(frame({ op: "error", slot, ...why }));
  }

  #forget(subscription: Subscription): void {
    this.#open.delete(subscription.slot);
    this.#acks.delete(subscription.slot);
    subscription.close();
  }
}

interface Since {
  readonly after: number;
  readonly isReset: boolean;
}

/** `since` wins; a place that is not known means everything. */
async function placeOf(
  store: Pick<SlotStore, "seqOf">,
  slot: SlotId,
  { asked: { since, since_seq }, head }: { readonly asked: OpenFrame; readonly head: number },
): Promise<Since> {
  if (typeof since === "string") {
    const after = await store.seqOf(slot, since);
    return after === undefined || after > head
      ? { after: 0, isReset: true }
      : { after, isReset: false };
  }
  const after = since_seq ?? 0;
  return after > head ? { after: 0, isReset: true } : { after, isReset: false };
}
