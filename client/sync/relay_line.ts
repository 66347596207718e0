/**
 * Our WebSocket to one relay, held open for as long as we live: opened at the cursors of our
 * mailboxes, opened again when it ends. Says whom it serves, so that others listen for the rest.
 * See docs/protocol/extensions.md §3.
 */
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import type { ClientContext } from "../context.ts";
import { featuresOf } from "../relay/features.ts";
import { type SessionEnd, SocketSession } from "../relay/socket_session.ts";
import { errorText } from "./error_text.ts";
import { mailboxKey } from "./mailbox_turns.ts";
import { Reconnection } from "./reconnection.ts";
import type { Route } from "./routes.ts";
import { type MailboxReader, SlotKeeper } from "./slot_keeper.ts";
import { unlessAborted } from "./unless_aborted.ts";

export type LineState =
  /** Not known yet, or lost a moment ago: nobody else needs to listen. */
  | { readonly tag: "connecting" }
  | { readonly tag: "up" }
  /** The relay has none, or it cannot be reached: events are heard of in another way. */
  | { readonly tag: "down"; readonly why: string }
  /** The relay has lost what it had: nothing is read from it before the operator has decided. */
  | { readonly tag: "barred"; readonly why: string };

export interface LinePort {
  readonly reader: MailboxReader;
  /** Another state, or other mailboxes are served. */
  changed(): void;
  /** Something was stored, or should be asked for. */
  wake(): void;
}

/** A connection that ended sooner proves nothing: a relay that closes at once must not be stormed. */
const HEALTHY_AFTER_MS = 10_000;
/** A relay without WebSockets may be a newer one some day. */
const ASK_AGAIN_MS = 300_000;
/** After one that was lost, so many attempts before others begin to listen. */
const QUIET_FAILURES = 1;

/** Of a plain 0.5.19 relay, which is no fault. */
export const NOT_OFFERED = "the relay offers no WebSocket";

interface Lived {
  readonly ms: number;
  readonly end: SessionEnd;
  readonly served: boolean;
}

export class RelayLine {
  readonly relayUrl: RelayUrl;
  readonly #context: ClientContext;
  readonly #port: LinePort;
  readonly #stop = new AbortController();
  readonly #living: Promise<void>;
  readonly #keepers = new Map<string, SlotKeeper>();
  #wanted: readonly Route[] = [];
  #session: SocketSession | undefined;
  /** On the monotonic clock, ms. */
  #connectedAt: number | undefined;
  #state: LineState = { tag: "connecting" };

  constructor(context: ClientContext, relayUrl: RelayUrl, port: LinePort) {
    this.relayUrl = relayUrl;
    this.#context = context;
    this.#port = port;
    this.#living = this.#live();
  }

  get state(): LineState {
    return this.#state;
  }

  /** The connection, while there is one. */
  get session(): SocketSession | undefined {
    return this.#session?.isOver === true ? undefined : this.#session;
  }

  /** Since when, on the monotonic clock; undefined without one. */
  get connectedSince(): number | undefined {
    return this.session === undefined ? undefined : this.#connectedAt;
  }

  /** Whether what comes to this mailbox comes by the connection. */
  isServed(route: Route): boolean {
    return this.#keepers.get(mailboxKey(route))?.isServed === true;
  }

  /** Why this mailbox is not served although there is a connection. */
  refusal(route: Route): string | undefined {
    return this.#keepers.get(mailboxKey(route))?.refusal;
  }

  /** Mailboxes of ours on that relay. */
  follow(routes: readonly Route[]): void {
    this.#wanted = routes;
    this.#keepSlots();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#session?.close();
    await this.#living;
  }

  async #live(): Promise<void> {
    const { clock, random } = this.#context.platform;
    const signal = this.#stop.signal;
    const waits = new Reconnection(random);
    let failures = QUIET_FAILURES; // nobody has been served yet
    let isOffered = false;
    while (!signal.aborted) {
      let waitMs = ASK_AGAIN_MS;
      try {
        isOffered ||= await this.#isOffered();
        if (isOffered) {
          const { ms, end, served } = await this.#once(signal);
          if (ms >= HEALTHY_AFTER_MS) waits.reset();
          if (served && end.error === undefined) failures = 0;
          await this.#lost(end.why, ++failures);
          waitMs = waits.failed();
        } else this.#become({ tag: "down", why: NOT_OFFERED });
      } catch (error) {
        if (signal.aborted) return;
        isOffered = false;
        await this.#failed(error, ++failures);
        waitMs = waits.failed();
      }
      await clock.sleep(waitMs, signal).catch(() => undefined); // the signal is asked above
    }
  }

  /** @throws {WireError} as featuresOf */
  async #isOffered(): Promise<boolean> {
    const asked = featuresOf(this.#context, this.relayUrl);
    const features = await unlessAborted(asked, this.#stop.signal);
    this.#port.reader.turns.bar(this.relayUrl, undefined);
    return features.has("ws");
  }

  async #once(signal: AbortSignal): Promise<Lived> {
    const { platform } = this.#context;
    const session = await SocketSession.open(this.relayUrl, platform, signal);
    const start = platform.clock.monotonic();
    this.#session = session;
    this.#connectedAt = start;
    this.#keepSlots();
    const end = await session.ended;
    const ms = platform.clock.monotonic() - start;
    const keepers = [...this.#keepers.values()];
    await Promise.all(keepers.map((keeper) => keeper.ended));
    this.#keepers.clear();
    this.#session = undefined;
    const served = keepers.some((keeper) => keeper.wasServed);
    const why = served ? undefined : keepers.find(({ refusal }) => refusal !== undefined)?.refusal;
    return { ms, served, end: why === undefined ? end : { ...end, why } };
  }

  #keepSlots(): void {
    const session = this.session;
    if (session === undefined || this.#stop.signal.aborted) return;
    const wanted = new Map(this.#wanted.map((route) => [mailboxKey(route), route]));
    for (const [key, keeper] of this.#keepers) {
      if (wanted.get(key)?.slotToken === keeper.route.slotToken) continue;
      keeper.stop();
      this.#keepers.delete(key);
    }
    for (const [key, route] of wanted) {
      if (this.#keepers.has(key)) continue;
      const keeper = new SlotKeeper(session, route, {
        reader: this.#port.reader,
        clock: this.#context.platform.clock,
        changed: () => this.#slotChanged(),
        wake: () => this.#port.wake(),
      });
      this.#keepers.set(key, keeper);
    }
  }

  #slotChanged(): void {
    const isUp = [...this.#keepers.values()].some(({ isServed }) => isServed);
    if (isUp && this.#state.tag !== "up") this.#become({ tag: "up" });
    else this.#port.changed();
  }

  async #lost(why: string, failures: number): Promise<void> {
    if (failures <= QUIET_FAILURES) return this.#become({ tag: "connecting" });
    try {
      // Before anybody listens in another way: it may be a feature that the relay has lost.
      await this.#isOffered();
    } catch (error) {
      if (isLost(error)) return this.#bar(error);
    }
    this.#become({ tag: "down", why });
  }

  async #failed(error: unknown, failures: number): Promise<void> {
    if (isLost(error)) this.#bar(error);
    else await this.#lost(errorText(error), failures);
  }

  #bar(error: WireError): void {
    this.#port.reader.turns.bar(this.relayUrl, error);
    this.#become({ tag: "barred", why: error.message });
  }

  /** Whoever listens instead asks for what came while nobody did. */
  #become(state: LineState): void {
    this.#state = state;
    if (!this.#stop.signal.aborted) this.#port.changed();
  }
}

const isLost = (error: unknown): error is WireError =>
  error instanceof WireError && error.code === "feature_lost";
