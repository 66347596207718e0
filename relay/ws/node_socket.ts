/** A WebSocket of npm `ws` as connections know one. */
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
// @ts-types="@types/ws"
import { type RawData, WebSocket } from "ws";
import type { FrameSocket, SocketEvents } from "./socket.ts";

/** Of a frame from a client, before its payload of at most 125 bytes: two, and the mask. */
const CONTROL_HEADER_BYTES = 6;

export class NodeSocket implements FrameSocket {
  readonly #ws: WebSocket;
  readonly #waiting: (() => void)[] = [];
  #isPonging = false;
  /** Of the newest ping, while the answer to an earlier one has not left. */
  #owedPong: Uint8Array | undefined;

  constructor(ws: WebSocket) {
    this.#ws = ws;
  }

  /** While a ping waits for its answer nothing more is to be read: each costs far more than its bytes. */
  get bufferedBytes(): number {
    return this.#owedPong === undefined ? this.#ws.bufferedAmount : Infinity;
  }

  send(frame: Uint8Array | string): void {
    if (this.#isOpen) this.#ws.send(frame, { binary: false }, this.#left);
  }

  onDrained(callback: () => void): void {
    if (!this.#waiting.includes(callback)) this.#waiting.push(callback);
  }

  pause(): void {
    if (this.#isOpen) this.#ws.pause();
  }

  resume(): void {
    if (this.#isOpen) this.#ws.resume();
  }

  ping(): void {
    if (this.#isOpen) this.#ws.ping();
  }

  /**
   * The answer to a ping; told when it has left, as everything else. Of pings that came meanwhile only
   * the last is answered, as RFC 6455 §5.5.3 allows: a queue of answers would be the sender's to fill.
   */
  pong(data: Uint8Array): void {
    if (!this.#isOpen) return;
    if (this.#isPonging) {
      this.#owedPong = data;
      return;
    }
    this.#isPonging = true;
    this.#ws.pong(data, undefined, () => {
      this.#isPonging = false;
      const owed = this.#owedPong;
      this.#owedPong = undefined;
      if (owed !== undefined) this.pong(owed);
      this.#left();
    });
  }

  close(code: number, reason: string): void {
    // Its half of the close must be read to be seen.
    if (this.#ws.isPaused) this.#ws.resume();
    this.#ws.close(code, reason);
  }

  destroy(): void {
    this.#ws.terminate();
  }

  get #isOpen(): boolean {
    return this.#ws.readyState === WebSocket.OPEN;
  }

  #left = (): void => {
    for (const callback of this.#waiting.splice(0)) callback();
  };
}

export interface Opened {
  readonly ws: WebSocket;
  readonly socket: NodeSocket;
  /** The connection below, whose bytes are counted. */
  readonly raw: Socket;
}

export function tellEvents({ ws, socket, raw }: Opened, events: SocketEvents): void {
  let partial = 0;
  const tellPartial = (bytes: number): void => {
    partial = Math.max(0, bytes);
    events.partial(partial);
  };
  // Before `ws` looks at them: what makes a message whole is taken off again.
  raw.prependListener("data", (chunk: Uint8Array) => tellPartial(partial + chunk.length));
  const control = (data: Uint8Array): void => {
    tellPartial(partial - CONTROL_HEADER_BYTES - data.length);
    events.heard();
  };
  ws.on("message", (data: RawData, isBinary: boolean) => {
    tellPartial(0);
    if (isBinary) events.binary();
    else events.text(textOf(data));
  });
  ws.on("ping", (data: Uint8Array) => {
    control(data);
    socket.pong(data);
  });
  ws.on("pong", control);
  // What broke the protocol is closed by `ws` itself, with the code that says why.
  ws.on("error", () => {});
  ws.on("close", (code: number) => events.closed(code));
}

/** `ws` has checked that it is UTF-8. */
const textOf = (data: RawData): string =>
  Buffer.isBuffer(data)
    ? data.toString("utf8")
    : Array.isArray(data)
    ? Buffer.concat(data).toString("utf8")
    : Buffer.from(data).toString("utf8");
