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

  /** @param wake called whenever there may be something to fetch */
  constructor(context: ClientContext, wake: () => void) {
    this.#context = context;
    this.#wake = wake;
  }

  /** Listens to exactly these from now on. */
  follow(routes: readonly Route[]): void {
    const wanted = new Map(routes.map((route) => [keyOf(route), route]));
    for (const [key, listener] of this.#listeners) {
      if (wanted.has(key)) continue;
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
    { relayUrl, slotId, slotToken }: Route,
    signal: AbortSignal,
  ): Promise<{ livedMs: number; reason: string }> {
    const { clock } = this.#context.platform;
    let openedAt: number | undefined;
    let reason = "the relay ended it";
    try {
      const relay = this.#context.relay(relayUrl);
      for await (const { tag } of relay.stream(slotId, slotToken, signal)) {
        if (tag === "open") openedAt = clock.monotonic();
        // Nothing from before is replayed, so opening is a reason to fetch, too.
        if (tag !== "keepalive") this.#wake();
      }
    } catch (error) {
      reason = errorText(error);
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
