/** All WebSockets of a relay: who may have one, what they share, and how they end. */
import { WS_CLOSE, WS_PATH, WS_SUBPROTOCOL } from "../../protocol/schemas/ws_frames.ts";
import type { RelayContext } from "../context.ts";
import { empty, json, type RelayReply, type RelayRequest } from "../exchange.ts";
import { tooMany } from "../source_limiter.ts";
import { Connection } from "./connection.ts";
import { CountedSocket } from "./counted_socket.ts";
import type { FrameSocket, SocketEvents } from "./socket.ts";
import { Allowance } from "./window.ts";

export type Upgrade =
  | { readonly ok: true; accept(socket: FrameSocket): SocketEvents }
  | { readonly ok: false; readonly reply: RelayReply };

/** A source with too many connections is told to come back when the first have timed out. */
const RETRY_MS = 10_000;

export class RelaySockets {
  readonly #context: RelayContext;
  readonly #window: Allowance;
  readonly #partial: Allowance;
  readonly #connections = new Set<Connection>();
  readonly #sources = new Tally();
  /** Those that have shown no good token yet. */
  readonly #strangers = new Tally();
  #isStopped = false;

  constructor(context: RelayContext) {
    this.#context = context;
    this.#window = new Allowance(context.limits.windowRelayBytes);
    this.#partial = new Allowance(context.limits.maxPartialBytes);
    context.metrics.registry.gauge(
      "wire_ws_unacknowledged_bytes",
      "Bytes of events sent over WebSockets and not acknowledged",
      () => this.#window.used,
    );
  }

  get size(): number {
    return this.#connections.size;
  }

  /** @returns what the upgrade is refused with, or undefined */
  refusal(request: RelayRequest, source: string): RelayReply | undefined {
    const [path = ""] = request.target.split("?");
    if (path.replace(/^\/{2,}/, "/") !== WS_PATH) return empty(404);
    if (request.method !== "GET") return empty(405, { allow: "GET,HEAD" });
    if (!offers(request.header("sec-websocket-protocol"))) return notOffered();
    if (this.#isStopped) return json(503, { error: "relay is stopping" }, { "retry-after": "1" });
    const { limits: { maxUnauthenticated, maxConnectionsPerSource }, metrics } = this.#context;
    const isTooStrange = this.#strangers.of(source) >= maxUnauthenticated;
    // Behind a proxy all connections are its own, so that sources are told apart only here.
    if (!isTooStrange && this.#sources.of(source) < maxConnectionsPerSource) return undefined;
    metrics.limited.add({ limit: isTooStrange ? "unauthenticated" : "sockets" });
    return tooMany(RETRY_MS);
  }

  /** @param socket open; its events are told to what this returns */
  accept(source: string, socket: FrameSocket): SocketEvents {
    this.#sources.add(source);
    this.#strangers.add(source);
    let isStranger = true;
    const known = (): void => {
      if (isStranger) this.#strangers.take(source);
      isStranger = false;
    };
    const connection = new Connection({
      context: this.#context,
      socket: new CountedSocket(socket, this.#context.metrics.frames),
      relayWindow: this.#window,
      partial: this.#partial,
      authenticated: known,
    });
    this.#connections.add(connection);
    if (this.#isStopped) connection.close(WS_CLOSE.restart, "the relay stops");
    return {
      text: (text) => connection.receive(text),
      binary: () => connection.receiveBinary(),
      heard: () => connection.heard(),
      partial: (bytes) => connection.partial(bytes),
      closed: (code) => {
        known();
        this.#sources.take(source);
        this.#connections.delete(connection);
        this.#context.metrics.socketsClosed.add({ code: String(code) });
        connection.ended();
      },
    };
  }

  /** Every answer that is on its way still goes out, until `deadline`; then each is closed. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#isStopped = true;
    await Promise.all([...this.#connections].map((connection) => connection.shutDown(deadline)));
  }
}

/** Connections by source. */
class Tally {
  readonly #counts = new Map<string, number>();

  of(source: string): number {
    return this.#counts.get(source) ?? 0;
  }

  add(source: string): void {
    this.#counts.set(source, this.of(source) + 1);
  }

  take(source: string): void {
    if (this.of(source) > 1) this.#counts.set(source, this.of(source) - 1);
    else this.#counts.delete(source);
  }
}

const offers = (header: string | undefined): boolean =>
  (header ?? "").split(",").some((name) => name.trim() === WS_SUBPROTOCOL);

export const notOffered = (): RelayReply =>
  json(400, {
    error: `expected a WebSocket upgrade that offers the subprotocol ${WS_SUBPROTOCOL}`,
  });
