/**
 * Listens to the streams of our mailboxes and says when there is something to fetch. A stream that
 * ends or fails is opened again after 1, 2, 4 … 30 s; only one that lived for 10 s counts as healthy.
 * See docs/protocol/identity-and-events.md §16.
 */
import type { ClientContext } from "../context.ts";
import { Backoff } from "./backoff.ts";
import { errorText } from "./error_text.ts";
import type { Route } from "./routes.ts";

/** A stream that ended sooner proves nothing: a relay that closes at once must not be stormed. */
const HEALTHY_AFTER_MS = 10_000;

interface Listener {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

export class StreamWakes {
  readonly #context: ClientContext;
  readonly #wake: () => void;
  readonly #listeners = new Map<string, Listener>();
  readonly #changed: () => void;
  readonly #open = new Set<string>();
  readonly #failing = new Set<string>();

  /**
   * @param wake called whenever there may be something to fetch
   * @param changed called when a stream begins or ends
   */
  constructor(context: ClientContext, wake: () => void, changed: () => void = () => {}) {
    this.#context = context;
    this.#wake = wake;
    this.#changed = changed;
  }

  /** How the stream of that mailbox is; failing until it has been open for a while. */
  stateOf(route: Route): "opening" | "open" | "failing" {
    if (this.#open.has(keyOf(route))) return "open";
    return this.#failing.has(keyOf(route)) ? "failing" : "opening";
  }

  /** Listens to exactly these from now on. */
  follow(routes: readonly Route[]): void {
    const wanted = new Map(routes.map((route) => [keyOf(route), route]));
    for (const [key, listener] of this.#listeners) {
      if (wanted.has(key)) continue;
      this.#failing.delete(key);
      listener.stop.abort();
      this.#listeners.delete(key);
    }
    for (const [key, route] of wanted) {
      if (this.#listeners.has(key)) continue;
      const stop = new AbortController();
      this.#listeners.set(key, { stop, ended: this.#listen(route, stop.signal) });
    }
  }

  async close(): Promise<void> {
    const ending = [...this.#listeners.values()].map((listener) => listener.ended);
    this.follow([]);
    await Promise.all(ending);
  }

  async #listen(route: Route, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#context.platform;
    const backoff = new Backoff(random);
    let isFailing = false;
    while (!signal.aborted) {
      const stream = await this.#listenOnce(route, signal);
      if (signal.aborted) return;
      if (stream.livedMs >= HEALTHY_AFTER_MS) {
        backoff.reset();
        isFailing = false;
      }
      if (!isFailing) this.#tell(route, stream.reason);
      isFailing = true;
      try {
        await clock.sleep(backoff.failed(), signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  }

  async #listenOnce(
    route: Route,
    signal: AbortSignal,
  ): Promise<{ livedMs: number; reason: string }> {
    const { clock } = this.#context.platform;
    let openedAt: number | undefined;
    let reason = "the relay ended it";
    const { relayUrl, slotId, slotToken } = route;
    try {
      const relay = this.#context.relay(relayUrl);
      for await (const { tag } of relay.stream(slotId, slotToken, signal)) {
        if (tag === "open") {
          this.#failing.delete(keyOf(route));
          openedAt = clock.monotonic();
          this.#open.add(keyOf(route));
          this.#changed();
        }
        // Nothing from before is replayed, so opening is a reason to fetch, too.
        if (tag !== "keepalive") this.#wake();
      }
    } catch (error) {
      reason = errorText(error);
    }
    this.#open.delete(keyOf(route));
    if (!signal.aborted) {
      this.#failing.add(keyOf(route));
      this.#changed();
    }
    const livedMs = openedAt === undefined ? 0 : clock.monotonic() - openedAt;
    return { livedMs, reason };
  }

  #tell({ shownUrl }: Route, reason: string): void {
    this.#context.warn(`event stream of ${shownUrl}: ${reason}; asking at intervals meanwhile`);
  }
}

const keyOf = ({ relayUrl, slotId, slotToken }: Route): string =>
  `${relayUrl} ${slotId} ${slotToken}`;
