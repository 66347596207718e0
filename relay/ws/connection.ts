/**
 * One WebSocket: frames in, frames out, and every bound of docs/protocol/extensions.md §3. Frames are
 * looked at in their order; publishes are answered when they are durable, others meanwhile.
 */
import type {
  AckFrame,
  CloseFrame,
  OpenFrame,
  PairFrame,
  PingFrame,
  PublishFrame,
} from "../../protocol/schemas/ws_frames.ts";
import { WS_CLOSE } from "../../protocol/schemas/ws_frames.ts";
import { authenticate, authenticatePoster } from "../auth.ts";
import type { RelayContext } from "../context.ts";
import { errorReply } from "../error_response.ts";
import type { RelayReply } from "../exchange.ts";
import { SourceLimiter } from "../source_limiter.ts";
import { BackPressure } from "./back_pressure.ts";
import { ErrorBudget } from "./error_budget.ts";
import { type Failure, failure, failureOf, frame } from "./frames.ts";
import { Liveness } from "./liveness.ts";
import { bearing, PairWatch } from "./pair_watch.ts";
import { publish } from "./publish.ts";
import { readRequest, type Request } from "./requests.ts";
import type { FrameSocket } from "./socket.ts";
import { Subscriptions } from "./subscriptions.ts";
import type { Allowance } from "./window.ts";

export interface ConnectionDeps {
  readonly context: RelayContext;
  readonly socket: FrameSocket;
  /** Un-acknowledged bytes of the whole relay. */
  readonly relayWindow: Allowance;
  /** Bytes of messages of the whole relay that are not complete. */
  readonly partial: Allowance;
  /** Called once, with the first good token. */
  authenticated(): void;
}

type GoodRequest = Extract<Request, { readonly ok: true }>;

export class Connection {
  readonly #deps: ConnectionDeps;
  readonly #subscriptions: Subscriptions;
  readonly #watches = new Set<PairWatch>();
  readonly #closed = new AbortController();
  readonly #frames: SourceLimiter;
  readonly #opens: SourceLimiter;
  readonly #errors: ErrorBudget;
  readonly #pressure: BackPressure;
  readonly #liveness: Liveness;
  /** Frames that nobody has looked at, oldest first. */
  readonly #queue: string[] = [];
  #isReading = false;
  #isAuthenticated = false;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    const { context, socket, relayWindow, partial } = deps;
    const { clock, limits } = context;
    const closed = this.#closed.signal;
    this.#frames = new SourceLimiter(clock, {
      burst: limits.framesPerSecond,
      perSecond: limits.framesPerSecond,
      maxSources: 1,
    });
    this.#opens = new SourceLimiter(clock, {
      burst: limits.opensPerMinute,
      perSecond: limits.opensPerMinute / 60,
      maxSources: 4 * limits.maxOpenSlots,
    });
    this.#subscriptions = new Subscriptions({ context, socket, relayWindow });
    this.#errors = new ErrorBudget(clock, limits.errorsPerMinute);
    this.#pressure = new BackPressure({ socket, limits, closed });
    this.#liveness = new Liveness({
      clock,
      limits,
      partial,
      closed,
      isPaused: () => this.#pressure.isPaused,
      ping: () => {
        this.#subscriptions.touch();
        socket.ping();
      },
      end: (code, reason) => this.close(code, reason),
      destroy: () => socket.destroy(),
    });
  }

  /** A text frame has arrived. */
  receive(text: string): void {
    if (this.#closed.signal.aborted) return;
    this.heard();
    this.#deps.context.metrics.frames.add({ direction: "in" });
    this.#queue.push(text);
    this.#pressure.owe(1, text.length);
    if (!this.#isReading) void this.#read();
  }

  /** A frame that is no text. */
  receiveBinary(): void {
    this.heard();
    this.#refuse(failure("bad_frame", "expected a text frame", 400));
  }

  /** Anything at all has arrived. */
  heard(): void {
    this.#liveness.heard();
    this.#pressure.look();
  }

  /** @param bytes of a message that is not complete */
  partial(bytes: number): void {
    this.#liveness.partial(bytes);
  }

  /** The socket is gone, from whichever side. */
  ended(): void {
    this.#closed.abort();
    this.partial(0);
    this.#queue.length = 0;
    this.#subscriptions.closeAll();
    for (const watch of this.#watches) watch.close();
  }

  /** @param code as in WS_CLOSE */
  close(code: number, reason: string): void {
    if (this.#closed.signal.aborted) return;
    this.ended();
    this.#deps.socket.close(code, reason);
  }

  /** Answers what is on its way, then closes: the relay stops. */
  async shutDown(deadline: AbortSignal): Promise<void> {
    await this.#pressure.settled(deadline);
    this.close(WS_CLOSE.restart, "the relay stops");
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    for (let text = this.#queue.shift(); text !== undefined; text = this.#queue.shift()) {
      const size = text.length;
      const { answered } = await this.#handle(text);
      void answered.finally(() => this.#pressure.owe(-1, -size));
    }
    this.#isReading = false;
  }

  async #handle(text: string): Promise<Handled> {
    const request = readRequest(text);
    if (!request.ok) {
      if (this.#mayGoOn(request.ref)) this.#refuse(request.failure, { ref: request.ref });
      return NOW;
    }
    const { frame: asked } = request;
    try {
      if (asked.op === "publish") return await this.#publish(asked, request.events);
      if (asked.op === "ack") this.#ack(asked);
      else if (this.#mayGoOn(asked.ref)) await this.#perform(asked);
    } catch (error) {
      const ref = asked.op === "ack" ? undefined : asked.ref;
      this.#refuseWith(errorReply(error, this.#deps.context.log), { ref });
    }
    return NOW;
  }

  async #perform(asked: OpenFrame | PairFrame | CloseFrame | PingFrame): Promise<void> {
    switch (asked.op) {
      case "open":
        return await this.#open(asked);
      case "pair":
        return await this.#pair(asked);
      case "close":
        return this.#close(asked);
      case "ping":
        return this.#send({ op: "pong", ref: asked.ref });
    }
  }

  async #publish(
    asked: PublishFrame,
    events: GoodRequest["events"],
  ): Promise<Handled> {
    const { context } = this.#deps;
    const { ref, slot, token } = asked;
    const now = context.clock.now();
    const bearer = await authenticatePoster(context.store, slot, {
      request: bearing(token),
      now,
    });
    if (!bearer.ok) {
      if (this.#mayGoOn(ref)) this.#refuseWith(bearer.reply, { ref });
      return NOW;
    }
    this.#showedToken();
    // Not waited for: the next frame may go into the same commit.
    const answered = publish(context, asked, { bearer: bearer.value, events }).then(
      (text) => this.#sendText(text),
      (error: unknown) => this.#refuseWith(errorReply(error, context.log), { ref }),
    );
    return { answered };
  }

  async #open(asked: OpenFrame): Promise<void> {
    const { context } = this.#deps;
    const { ref, slot: name, token } = asked;
    const slot = await authenticate(context.store, name, bearing(token));
    if (!slot.ok) return this.#refuseWith(slot.reply, { ref });
    this.#showedToken();
    if (this.#subscriptions.has(slot.value.id)) {
      return this.#refuse(failure("bad_frame", "slot is open here already", 400), { ref });
    }
    const waitMs = this.#opens.take(slot.value.id);
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      return this.#refuse(failure("rate_limited", `too many opens, wait ${seconds} s`, 429), {
        ref,
      });
    }
    const refusal = await this.#subscriptions.open(slot.value, asked);
    if (refusal !== undefined) this.#refuse(refusal, { ref });
  }

  #ack({ slot, seq }: AckFrame): void {
    const refusal = this.#subscriptions.ack(slot, seq);
    if (refusal !== undefined && this.#mayGoOn(undefined)) this.#refuse(refusal, { slot });
  }

  #close({ ref, slot }: CloseFrame): void {
    if (!this.#subscriptions.close(slot)) {
      return this.#refuse(failure("bad_frame", "slot is not open here", 400), { ref });
    }
    this.#send({ op: "closed", ref, slot });
  }

  async #pair(request: PairFrame): Promise<void> {
    const { context } = this.#deps;
    const { ref } = request;
    if (this.#watches.size >= context.limits.maxPairWatches) {
      return this.#refuse(failure("busy", "too many pairings are watched here", 503), { ref });
    }
    const watch = new PairWatch({ context, request, send: (text) => this.#sendText(text) });
    this.#watches.add(watch);
    const refusal = await watch.start();
    if (refusal === undefined) this.#showedToken();
    else this.#refuseWith(refusal, { ref });
    if (this.#closed.signal.aborted) watch.close();
    void watch.run().finally(() => this.#watches.delete(watch));
  }

  #showedToken(): void {
    if (this.#isAuthenticated) return;
    this.#isAuthenticated = true;
    this.#liveness.known();
    this.#deps.authenticated();
  }

  /** Of what is counted. @returns false if it was refused */
  #mayGoOn(ref: number | undefined): boolean {
    if (this.#frames.take("") === 0) return true;
    this.#refuse(failure("rate_limited", "too many frames", 429), { ref });
    return false;
  }

  #refuseWith(reply: RelayReply, about: About): void {
    this.#refuse(failureOf(reply), about);
  }

  #refuse(why: Failure, { ref, slot }: About = {}): void {
    this.#send({
      ...{ op: "error", ...why },
      ...(ref === undefined ? {} : { ref }),
      ...(slot === undefined ? {} : { slot }),
    });
    if (this.#errors.isSpentBy(why)) this.close(WS_CLOSE.policy, "too many errors");
  }

  #send(members: Readonly<Record<string, unknown>>): void {
    this.#sendText(frame(members));
  }

  #sendText(text: string): void {
    if (!this.#closed.signal.aborted) this.#deps.socket.send(text);
  }
}

/** A frame that has been looked at; its answer may still be on its way. */
interface Handled {
  readonly answered: Promise<void>;
}

const NOW: Handled = { answered: Promise.resolve() };

interface About {
  readonly ref?: number | undefined;
  readonly slot?: string;
}
