/**
 * Bounds of connections before any request is read: how many there are, of whom, how long they may
 * be silent, and how many requests they may send ahead of the answers.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { ConnectionLimiter, type ConnectionLimits, type Holder } from "./connection_limiter.ts";
import { sourceOf } from "./source_address.ts";

export interface GuardLimits extends ConnectionLimits {
  /** Requests of one connection that wait for their answers. */
  readonly maxPipelined: number;
  /** Neither side has moved a byte: a peer that is gone, or reads nothing. */
  readonly silenceMs: number;
}

export interface GuardOptions {
  /**
   * The header, in lower case, by which a proxy says whose request it is: then the ceiling per
   * source is one of requests at once, as all connections are the proxy's.
   */
  readonly trustProxy?: string;
  /** Called for each connection or request that is refused or gives way. */
  readonly onLimited?: () => void;
}

/** A peer that vanished without a word is noticed by the system after this, and some probes. */
const PROBES = { wanted: true, afterMs: 60_000 };

export class ConnectionGuard {
  readonly #limits: GuardLimits;
  readonly #options: GuardOptions;
  readonly #connections: ConnectionLimiter;
  /** Behind a proxy only. */
  readonly #requests: ConnectionLimiter;
  readonly #sockets = new Set<Socket>();
  readonly #pending = new WeakMap<Socket, number>();

  constructor(limits: GuardLimits, options: GuardOptions = {}) {
    this.#limits = limits;
    this.#options = options;
    this.#connections = new ConnectionLimiter(limits);
    this.#requests = new ConnectionLimiter({ ...limits, maxConnections: Infinity });
  }

  watch(server: Server): void {
    server.timeout = this.#limits.silenceMs;
    server.on("connection", (socket: Socket) => this.#connected(socket));
  }

  /**
   * To be called for each request. A client that sends on and on without reading would make us hold
   * all the answers.
   * @returns `cut`: its connection is gone; `busy`: its source has too many at once
   */
  begin(request: IncomingMessage, response: ServerResponse): "go" | "cut" | "busy" {
    const { socket } = request;
    if (socket.destroyed) return "cut";
    const pending = (this.#pending.get(socket) ?? 0) + 1;
    if (pending > this.#limits.maxPipelined) {
      this.#options.onLimited?.();
      socket.destroy();
      return "cut";
    }
    this.#pending.set(socket, pending);
    response.once("close", () => this.#pending.set(socket, (this.#pending.get(socket) ?? 1) - 1));
    return this.#hasRoomFor(request, response) ? "go" : "busy";
  }

  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #connected(socket: Socket): void {
    socket.on("error", () => void socket.destroy());
    const source = this.#sourceOf(socket);
    const holder = this.#holder(socket);
    if (!this.#connections.enter(source, holder)) return holder.cut();
    this.#sockets.add(socket);
    socket.setKeepAlive(PROBES.wanted, PROBES.afterMs);
    socket.on("close", () => {
      this.#connections.leave(source, holder);
      this.#sockets.delete(socket);
    });
  }

  #hasRoomFor({ socket, headers }: IncomingMessage, response: ServerResponse): boolean {
    const { trustProxy, onLimited } = this.#options;
    const named = trustProxy === undefined ? undefined : headers[trustProxy];
    if (named === undefined) return true;
    const source = sourceOf(socket.remoteAddress ?? "", String(named));
    const holder = this.#holder(socket);
    if (!this.#requests.enter(source, holder)) {
      onLimited?.();
      return false;
    }
    response.once("close", () => this.#requests.leave(source, holder));
    return true;
  }

  #holder(socket: Socket): Holder {
    return {
      cut: () => {
        this.#options.onLimited?.();
        socket.destroy();
      },
    };
  }

  /** A Unix socket has no address: whoever may open it is trusted to bound its own. */
  #sourceOf({ remoteAddress = "" }: Socket): string | undefined {
    const isNameless = this.#options.trustProxy !== undefined || remoteAddress === "";
    return isNameless ? undefined : sourceOf(remoteAddress, undefined);
  }
}
