/**
 * A WebSocket through npm `ws`. Deno's own can neither leave TLS unverified where the operator asks
 * for that, nor take our roots, nor go through a proxy, and has a message of any size in memory
 * before anybody can refuse it.
 */
import { connect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import type { Duplex } from "node:stream";
// @ts-types="@types/ws"
import { WebSocket } from "ws";
import type { Socket, SocketEnd, SocketTarget } from "../sockets.ts";
import { openTunnel } from "./tunnel.ts";
import type { Proxy } from "./proxy.ts";

export interface WsOptions {
  /** Roots to verify a TLS server with, PEM; undefined: it is not verified. */
  readonly certificates: readonly string[] | undefined;
  readonly proxy: Proxy | undefined;
  /** A Unix socket at which the server listens, whatever the address says. */
  readonly socketPath?: string;
}

/** Messages in memory at which reading stops. */
const MOST_UNREAD = 64;
const UNSUPPORTED_DATA = 1003;

/** @throws the connection's error, or the signal's reason */
export async function openWsSocket(target: SocketTarget, options: WsOptions): Promise<Socket> {
  const url = new URL(target.url);
  const isTls = url.protocol === "https:";
  const tls = {
    rejectUnauthorized: options.certificates !== undefined,
    ...(options.certificates === undefined ? {} : { ca: [...options.certificates] }),
  };
  const tunnel = options.proxy === undefined ? undefined : await openTunnel({
    proxy: options.proxy,
    authority: `${url.hostname}:${url.port === "" ? (isTls ? 443 : 80) : url.port}`,
    certificates: options.certificates ?? [],
    signal: target.signal,
  });
  const servername = /^[\d.]+$|^\[/.test(url.hostname) ? {} : { servername: url.hostname };
  const { socketPath } = options;
  url.protocol = isTls ? "wss:" : "ws:";
  const socket = new WebSocket(url, [target.protocol], {
    perMessageDeflate: false,
    followRedirects: false,
    maxPayload: target.maxMessageBytes,
    ...tls,
    ...(socketPath === undefined ? {} : {
      headers: { host: "localhost" },
      createConnection: (): Duplex => connect({ path: socketPath }),
    }),
    ...(tunnel === undefined ? {} : {
      createConnection: (): Duplex =>
        isTls ? tlsConnect({ socket: tunnel, ...tls, ...servername }) : tunnel,
    }),
  });
  return await opened(socket, target);
}

/** Messages may follow the upgrade in the same packet: they are listened for from the beginning. */
function opened(socket: WebSocket, { signal, protocol }: SocketTarget): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const wrapped = new WsSocket(socket);
  const abort = (): void => {
    reject(signal.reason);
    socket.terminate();
  };
  socket.on("error", reject); // after the opening, `close` follows with what there is to know
  socket.once("unexpected-response", (_request, response) => {
    reject(new Error(`the server answered the upgrade with ${response.statusCode}`));
    response.destroy();
    socket.terminate();
  });
  socket.once("open", () => {
    signal.removeEventListener("abort", abort);
    if (socket.protocol === protocol) return resolve(wrapped);
    reject(new Error(`the server does not speak ${protocol}`));
    socket.terminate();
  });
  socket.once("close", () => {
    signal.removeEventListener("abort", abort);
    reject(new Error("closed while opening"));
  });
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return promise;
}

class WsSocket implements Socket {
  readonly ended: Promise<SocketEnd>;
  readonly #socket: WebSocket;
  readonly #unread: string[] = [];
  #news = Promise.withResolvers<void>();
  #isOver = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data, isBinary) => this.#take(String(data), isBinary));
    this.ended = new Promise((resolve) => {
      socket.once("close", (code, reason) => {
        this.#isOver = true;
        this.#news.resolve();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  get messages(): AsyncIterable<string> {
    return this.#read();
  }

  send(text: string): Promise<void> {
    // An error is followed by the end, which says more.
    return new Promise((resolve) => this.#socket.send(text, () => resolve()));
  }

  close(code: number): void {
    if (this.#socket.isPaused) this.#socket.resume();
    this.#socket.close(code);
  }

  cut(): void {
    this.#socket.terminate();
  }

  #take(text: string, isBinary: boolean): void {
    if (isBinary) return this.close(UNSUPPORTED_DATA);
    this.#unread.push(text);
    if (this.#unread.length >= MOST_UNREAD) this.#socket.pause();
    this.#news.resolve();
  }

  async *#read(): AsyncGenerator<string, void, undefined> {
    for (;;) {
      const text = this.#unread.shift();
      if (text !== undefined) {
        if (this.#socket.isPaused && this.#unread.length < MOST_UNREAD) this.#socket.resume();
        yield text;
      } else if (this.#isOver) return;
      else {
        await this.#news.promise;
        this.#news = Promise.withResolvers();
      }
    }
  }
}
