/**
 * One WebSocket: frames in, frames out, and every bound of docs/protocol/extensions.md §3. Frames are
 * looked at in their order; publishes are answered when they are durable, others meanwhile.
 */
import { WS_CLOSE } from "../../protocol/schemas/ws_frames.ts";
import type { RelayContext } from "../context.ts";
import { SourceLimiter } from "../source_limiter.ts";
import { BackPressure } from "./back_pressure.ts";
import { ErrorBudget } from "./error_budget.ts";
import { type Failure, failure, failureOf, frame } from "./frames.ts";
import { Liveness } from "./liveness.ts";
import { type About, type Handled, NOW, Operations } from "./operations.ts";
import { readRequest } from "./requests.ts";
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

export class Connection {
  readonly #deps: ConnectionDeps;
  readonly #subscriptions: Subscriptions;
  readonly #operations: Operations;
  readonly #closed = new AbortController();
  readonly #frames: SourceLimiter;
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
    this.#subscriptions = new Subscriptions({ context, socket, relayWindow });
    this.#operations = new Operations({
      context,
      subscriptions: this.#subscriptions,
      answering: {
        get isClosed() {
          return closed.aborted;
        },
        send: (members) => this.#send(members),
        sendText: (text) => this.#sendText(text),
        refuse: (why, about) => this.#refuse(why, about),
        refuseWith: (reply, about) => this.#refuse(failureOf(reply), about),
        mayGoOn: (ref) => this.#mayGoOn(ref),
        showedToken: () => this.#showedToken(),
      },
    });
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
    this.#operations.end();
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
    return await this.#operations.perform(request);
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
