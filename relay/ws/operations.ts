/** What a client asks for on a connection, one frame at a time: docs/protocol/extensions.md §3. */
import type {
  AckFrame,
  CloseFrame,
  OpenFrame,
  PairFrame,
  PingFrame,
  PublishFrame,
} from "../../protocol/schemas/ws_frames.ts";
import { authenticate, authenticatePoster } from "../auth.ts";
import type { RelayContext } from "../context.ts";
import { errorReply } from "../error_response.ts";
import type { RelayReply } from "../exchange.ts";
import { SourceLimiter } from "../source_limiter.ts";
import { type Failure, failure } from "./frames.ts";
import { bearing, PairWatch } from "./pair_watch.ts";
import { publish } from "./publish.ts";
import type { Request } from "./requests.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** What an answer refers to. */
export interface About {
  readonly ref?: number | undefined;
  readonly slot?: string;
}

/** The connection, as operations see it. */
export interface Answering {
  /** Nobody is there any more. */
  readonly isClosed: boolean;
  send(members: Readonly<Record<string, unknown>>): void;
  sendText(text: string): void;
  refuse(why: Failure, about: About): void;
  refuseWith(reply: RelayReply, about: About): void;
  /** Of what is counted. @returns false if it was refused */
  mayGoOn(ref: number | undefined): boolean;
  /** A good token was shown. */
  showedToken(): void;
}

export interface OperationsDeps {
  readonly context: RelayContext;
  readonly subscriptions: Subscriptions;
  readonly answering: Answering;
}

/** A frame that has been looked at; its answer may still be on its way. */
export interface Handled {
  readonly answered: Promise<void>;
}

/** With its answer, if it has one. */
export const NOW: Handled = { answered: Promise.resolve() };

type GoodRequest = Extract<Request, { readonly ok: true }>;

export class Operations {
  readonly #deps: OperationsDeps;
  readonly #watches = new Set<PairWatch>();
  readonly #opens: SourceLimiter;

  constructor(deps: OperationsDeps) {
    this.#deps = deps;
    const { clock, limits } = deps.context;
    this.#opens = new SourceLimiter(clock, {
      burst: limits.opensPerMinute,
      perSecond: limits.opensPerMinute / 60,
      maxSources: 4 * limits.maxOpenSlots,
    });
  }

  /** The connection is over. */
  end(): void {
    for (const watch of this.#watches) watch.close();
  }

  async perform({ frame: asked, events }: GoodRequest): Promise<Handled> {
    const { context, answering } = this.#deps;
    try {
      if (asked.op === "publish") return await this.#publish(asked, events);
      if (asked.op === "ack") this.#ack(asked);
      else if (answering.mayGoOn(asked.ref)) await this.#counted(asked);
    } catch (error) {
      const ref = asked.op === "ack" ? undefined : asked.ref;
      answering.refuseWith(errorReply(error, context.log), { ref });
    }
    return NOW;
  }

  async #counted(asked: OpenFrame | PairFrame | CloseFrame | PingFrame): Promise<void> {
    switch (asked.op) {
      case "open":
        return await this.#open(asked);
      case "pair":
        return await this.#pair(asked);
      case "close":
        return this.#close(asked);
      case "ping":
        return this.#deps.answering.send({ op: "pong", ref: asked.ref });
    }
  }

  async #publish(asked: PublishFrame, events: GoodRequest["events"]): Promise<Handled> {
    const { context, answering } = this.#deps;
    const { ref, slot, token } = asked;
    const now = context.clock.now();
    const bearer = await authenticatePoster(context.store, slot, {
      request: bearing(token),
      now,
    });
    if (!bearer.ok) {
      if (answering.mayGoOn(ref)) answering.refuseWith(bearer.reply, { ref });
      return NOW;
    }
    answering.showedToken();
    // Not waited for: the next frame may go into the same commit.
    const answered = publish(context, asked, { bearer: bearer.value, events }).then(
      (text) => answering.sendText(text),
      (error: unknown) => answering.refuseWith(errorReply(error, context.log), { ref }),
    );
    return { answered };
  }

  async #open(asked: OpenFrame): Promise<void> {
    const { context, subscriptions, answering } = this.#deps;
    const { ref, slot: name, token } = asked;
    const slot = await authenticate(context.store, name, bearing(token));
    if (!slot.ok) return answering.refuseWith(slot.reply, { ref });
    answering.showedToken();
    if (subscriptions.has(slot.value.id)) {
      return answering.refuse(failure("bad_frame", "slot is open here already", 400), { ref });
    }
    const waitMs = this.#opens.take(slot.value.id);
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      const why = failure("rate_limited", `too many opens, wait ${seconds} s`, 429);
      return answering.refuse(why, { ref });
    }
    const refusal = await subscriptions.open(slot.value, asked);
    if (refusal !== undefined) answering.refuse(refusal, { ref });
  }

  #ack({ slot, seq }: AckFrame): void {
    const { subscriptions, answering } = this.#deps;
    const refusal = subscriptions.ack(slot, seq);
    if (refusal !== undefined && answering.mayGoOn(undefined)) answering.refuse(refusal, { slot });
  }

  #close({ ref, slot }: CloseFrame): void {
    const { subscriptions, answering } = this.#deps;
    if (!subscriptions.close(slot)) {
      return answering.refuse(failure("bad_frame", "slot is not open here", 400), { ref });
    }
    answering.send({ op: "closed", ref, slot });
  }

  async #pair(request: PairFrame): Promise<void> {
    const { context, answering } = this.#deps;
    const { ref } = request;
    if (this.#watches.size >= context.limits.maxPairWatches) {
      return answering.refuse(failure("busy", "too many pairings are watched here", 503), { ref });
    }
    const watch = new PairWatch({ context, request, send: (text) => answering.sendText(text) });
    this.#watches.add(watch);
    const refusal = await watch.start();
    if (refusal === undefined) answering.showedToken();
    else answering.refuseWith(refusal, { ref });
    if (answering.isClosed) watch.close();
    void watch.run().finally(() => this.#watches.delete(watch));
  }
}
