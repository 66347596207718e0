/**
 * A connection to a relay where we have no mailbox and only publish: made when there is a batch to
 * send, ended when nothing was sent for a while. Whatever goes wrong with it, messages go as requests.
 */
import { within } from "../../platform/within.ts";
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import type { ClientContext } from "../context.ts";
import { featuresOf } from "../relay/features.ts";
import type { Published } from "../relay/published.ts";
import { SocketSession } from "../relay/socket_session.ts";
import type { AnnouncedLimits } from "./announced_limits.ts";
import { errorText } from "./error_text.ts";
import { isOutside } from "./outside_error.ts";
import type { PublishOptions } from "./poster.ts";
import { publishAll } from "./publish.ts";
import { Reconnection } from "./reconnection.ts";
import { NOT_OFFERED } from "./relay_line.ts";
import type { Route } from "./routes.ts";
import { unlessAborted } from "./unless_aborted.ts";

export interface PublishLineDependencies {
  readonly context: ClientContext;
  readonly limits: AnnouncedLimits;
  /** It is over: nothing is kept of it. */
  onEnd(line: PublishLine): void;
}

/** One message alone is sent sooner by a request than by a connection that is still to be made. */
export const FEWEST = 2;
/** Messages wait for the connection so long, then they go as requests. */
const OPEN_WITHIN_MS = 5_000;
/** A relay ends connections on which nothing happens, and rightly so. */
const LINGER_MS = 30_000;
/** A relay without WebSockets may be a newer one some day. */
const ASK_AGAIN_MS = 300_000;
/** A connection that ended sooner proves nothing. */
const HEALTHY_AFTER_MS = 10_000;

export class PublishLine {
  readonly relayUrl: RelayUrl;
  readonly #deps: PublishLineDependencies;
  readonly #waits: Reconnection;
  readonly #stop = new AbortController();
  #opening: Promise<SocketSession | undefined> | undefined;
  #session: SocketSession | undefined;
  #restsUntil = 0;
  #publishing = 0;
  #usedAt = 0;
  #told: string | undefined;

  constructor(relayUrl: RelayUrl, deps: PublishLineDependencies) {
    this.relayUrl = relayUrl;
    this.#deps = deps;
    this.#waits = new Reconnection(deps.context.platform.random);
  }

  /** Nothing of it is going on: it may be forgotten. */
  get isIdle(): boolean {
    return this.session === undefined && this.#publishing === 0;
  }

  /** The connection, while there is one. */
  get session(): SocketSession | undefined {
    return this.#session?.isOver === true ? undefined : this.#session;
  }

  /** @returns undefined, now or later, where the messages are to go as requests */
  publish(
    route: Route,
    texts: readonly string[],
    options?: PublishOptions,
  ): Promise<readonly (Published | undefined)[] | undefined> | undefined {
    const isWorth = this.session !== undefined || this.#opening !== undefined ||
      (texts.length >= FEWEST && this.#now() >= this.#restsUntil);
    return isWorth ? this.#publish(route, texts, options) : undefined;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#opening;
    await this.#session?.close();
  }

  async #publish(
    route: Route,
    texts: readonly string[],
    options?: PublishOptions,
  ): Promise<readonly (Published | undefined)[] | undefined> {
    this.#publishing++;
    try {
      const session = this.session ?? await this.#opened();
      if (session === undefined) return undefined;
      const limits = await this.#deps.limits.of(this.relayUrl);
      return await publishAll({ session, limits }, route, texts, options);
    } finally {
      this.#publishing--;
      this.#usedAt = this.#now();
    }
  }

  #opened(): Promise<SocketSession | undefined> {
    this.#opening ??= this.#open().finally(() => this.#opening = undefined);
    return this.#opening;
  }

  /** @returns undefined if there is none now; why is told */
  async #open(): Promise<SocketSession | undefined> {
    const { clock } = this.#deps.context.platform;
    try {
      return await within(clock, OPEN_WITHIN_MS, (deadline) => this.#connect(deadline));
    } catch (error) {
      if (this.#stop.signal.aborted) return undefined;
      if (!isOutside(error) && !isLost(error)) throw error;
      return this.#rest(errorText(error), this.#waits.failed());
    }
  }

  async #connect(deadline: AbortSignal): Promise<SocketSession | undefined> {
    const { context } = this.#deps;
    const signal = AbortSignal.any([this.#stop.signal, deadline]);
    const features = await unlessAborted(featuresOf(context, this.relayUrl), signal);
    if (!features.has("ws")) return this.#rest(NOT_OFFERED, ASK_AGAIN_MS);
    const session = await SocketSession.open(this.relayUrl, context.platform, signal);
    this.#session = session;
    this.#usedAt = this.#now();
    this.#tell(undefined);
    void this.#live(session);
    return session;
  }

  /** Until it ends, or has lain idle for long enough. */
  async #live(session: SocketSession): Promise<void> {
    const { clock } = this.#deps.context.platform;
    const start = this.#now();
    const over = new AbortController();
    const ended = session.ended.finally(() => over.abort());
    while (!session.isOver) {
      const leftMs = this.#usedAt + LINGER_MS - this.#now();
      if (leftMs <= 0 && this.#publishing === 0) await session.close();
      else await clock.sleep(Math.max(leftMs, 1_000), over.signal).catch(() => undefined); // asked
    }
    const { why } = await ended;
    if (this.#now() - start >= HEALTHY_AFTER_MS) this.#waits.reset();
    else if (this.#publishing > 0) this.#rest(why, this.#waits.failed());
    if (this.#session === session) this.#session = undefined;
    if (this.#publishing === 0) this.#deps.onEnd(this);
  }

  #rest(why: string, ms: number): undefined {
    this.#restsUntil = this.#now() + ms;
    this.#tell(why);
    return undefined;
  }

  /** Once for each change; what is no fault goes to the log only. */
  #tell(why: string | undefined): void {
    const before = this.#told;
    this.#told = why;
    if (why === before) return;
    const { context } = this.#deps;
    const way = why === undefined ? "websocket" : "requests";
    context.platform.log.info("publishing", { relay_url: this.relayUrl, way, why: why ?? "" });
    if (
      why === NOT_OFFERED || (why === undefined && (before === undefined || before === NOT_OFFERED))
    ) {
      return;
    }
    const shown = why === undefined ? "by WebSocket again" : `as single requests (${why})`;
    context.warn(`mail to ${this.relayUrl} now goes ${shown}`);
  }

  #now(): number {
    return this.#deps.context.platform.clock.monotonic();
  }
}

/** Nothing is read from there: messages, which are signed, may go in the other way. */
const isLost = (error: unknown): boolean =>
  error instanceof WireError && error.code === "feature_lost";
