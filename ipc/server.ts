/**
 * Serves local connections, all at once: one request, one answer or one stream, and the end. Whoever
 * sends nothing, or takes nothing, costs a place until its time is over, and gives it up to the next
 * one sooner. Knows no request of its own. See docs/protocol/guard.md §3.6, §3.7 and §24.
 */
import type { LocalConnection, LocalListener } from "../platform/local_sockets.ts";
import { Exchange, type ExchangePort } from "./exchange.ts";
import { errorFrame, printFrame } from "./frame.ts";
import type { Handler, ServerOptions } from "./handler.ts";
import { inTime } from "./in_time.ts";
import { IPC_LIMITS, type IpcLimits } from "./limits.ts";

/** The system has no more connections to give: soon it may. */
const ACCEPT_AGAIN_MS = 100;
const REFUSAL_MS = 100;
/** With every place taken: how long a request may take to come before its place goes to another. */
const PATIENCE_MS = 250;

export class IpcServer {
  readonly #listener: LocalListener;
  readonly #handler: Handler;
  readonly #options: ServerOptions;
  readonly #limits: IpcLimits;
  readonly #stop = new AbortController();
  /** In the order in which they came. */
  readonly #exchanges = new Set<Exchange>();
  readonly #refusing = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  #unfinishedBytes = 0;

  constructor(listener: LocalListener, handler: Handler, options: ServerOptions) {
    this.#listener = listener;
    this.#handler = handler;
    this.#options = options;
    this.#limits = { ...IPC_LIMITS, ...options.limits };
    this.#accepting = this.#accept();
  }

  /** Connections that are served now. */
  get size(): number {
    return this.#exchanges.size;
  }

  /** Ends every connection, whatever it waits for. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#listener.close();
    const ending = [...this.#exchanges].map((exchange) => exchange.end());
    await Promise.all([this.#accepting, ...this.#refusing, ...ending]);
  }

  async #accept(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const connection = await this.#listener.accept();
        if (connection === undefined) return;
        if (signal.aborted) connection.close();
        else await this.#admit(connection);
      } catch (error) {
        log.warn("no local connection can be accepted", { error });
        await clock.sleep(ACCEPT_AGAIN_MS, signal).catch(() => undefined); // asked above
      }
    }
  }

  async #admit(connection: LocalConnection): Promise<void> {
    while (this.#exchanges.size >= this.#limits.connections) {
      const oldest = [...this.#exchanges].find((exchange) => exchange.isReceiving);
      if (oldest === undefined) return this.#refuse(connection);
      await this.#makeRoom(oldest);
      if (this.#stop.signal.aborted) return connection.close();
    }
    const exchange = new Exchange(connection, this.#port());
    this.#exchanges.add(exchange);
    void exchange.ended.then(() => void this.#exchanges.delete(exchange));
  }

  /** Many at once are soon served; who says nothing for a while makes room for who may. */
  async #makeRoom(oldest: Exchange): Promise<void> {
    const { clock } = this.#options;
    const waitMs = oldest.startedAt + PATIENCE_MS - clock.monotonic();
    if (waitMs <= 0) return await oldest.end();
    const work = Promise.race([...this.#exchanges].map((exchange) => exchange.ended));
    await inTime(clock, waitMs, { work, signal: this.#stop.signal });
  }

  /** Not for long: who is refused must not cost more than who is served. */
  #refuse(connection: LocalConnection): void {
    const { clock } = this.#options;
    const work = connection.write(printFrame(errorFrame("busy", "too many connections at once")));
    const said = inTime(clock, REFUSAL_MS, { work, signal: this.#stop.signal });
    const done = said.then(() => {
      connection.close();
      this.#refusing.delete(done);
    });
    this.#refusing.add(done);
    if (this.#refusing.size > this.#limits.connections) connection.close();
  }

  #port(): ExchangePort {
    return {
      ...this.#options,
      limits: this.#limits,
      handler: this.#handler,
      hold: (bytes) => {
        if (this.#unfinishedBytes + bytes > this.#limits.unfinishedBytes) return false;
        this.#unfinishedBytes += bytes;
        return true;
      },
      release: (bytes) => void (this.#unfinishedBytes -= bytes),
      hasRoomForStream: () =>
        [...this.#exchanges].filter((one) => one.isStreaming).length < this.#limits.streams,
    };
  }
}
