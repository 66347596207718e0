/**
 * A WebSocket of the web's own kind as connections know one, for servers that speak Request and
 * Response. The runtime pings by itself; it neither tells of drained buffers nor stops reading, so
 * the one is looked for and the other is a bounded queue.
 */
import type { Clock } from "../platform/clock.ts";
import { WS_CLOSE } from "../protocol/schemas/ws_frames.ts";
import type { FrameSocket, SocketEvents } from "./ws/socket.ts";

export interface WebSocketDeps {
  readonly clock: Clock;
  /** UTF-8 bytes of one message. */
  readonly maxFrameBytes: number;
}

/** What may wait while the connection wants to hear nothing, before it is closed. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
const LOOK_MS = 5;

const decoder = new TextDecoder();

/** What is used of a WebSocket. */
export type ServedSocket = Pick<
  WebSocket,
  "addEventListener" | "bufferedAmount" | "readyState" | "send" | "close"
>;

export class WebFrameSocket implements FrameSocket {
  readonly #socket: ServedSocket;
  readonly #deps: WebSocketDeps;
  readonly #waiting: string[] = [];
  #waitingBytes = 0;
  #isPaused = false;
  #isLooking = false;
  #drained: (() => void)[] = [];
  #events: SocketEvents | undefined;

  constructor(socket: ServedSocket, deps: WebSocketDeps) {
    this.#socket = socket;
    this.#deps = deps;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** To be called once, when it is open. */
  tell(events: SocketEvents): void {
    this.#events = events;
    this.#socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") this.#receive(data);
      else events.binary();
    });
    this.#socket.addEventListener("close", ({ code }) => events.closed(code), { once: true });
  }

  send(frame: Uint8Array | string): void {
    if (this.#socket.readyState !== WS_OPEN) return;
    this.#socket.send(typeof frame === "string" ? frame : decoder.decode(frame));
  }

  onDrained(callback: () => void): void {
    if (!this.#drained.includes(callback)) this.#drained.push(callback);
    if (!this.#isLooking) void this.#look();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    while (!this.#isPaused) {
      const text = this.#waiting.shift();
      if (text === undefined) return;
      this.#waitingBytes -= text.length;
      this.#events?.text(text);
    }
  }

  /** The runtime has its own, and closes a connection that does not answer them. */
  ping(): void {
    this.#events?.heard();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  destroy(): void {
    this.#socket.close();
  }

  #receive(text: string): void {
    if (isLonger(text, this.#deps.maxFrameBytes)) {
      return this.close(WS_CLOSE.tooLarge, "frame too large");
    }
    if (!this.#isPaused) return this.#events?.text(text);
    this.#waiting.push(text);
    this.#waitingBytes += text.length;
    if (this.#waitingBytes <= MAX_WAITING_BYTES) return;
    this.#waiting.length = 0;
    this.close(WS_CLOSE.policy, "too much at once");
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    const before = this.bufferedBytes;
    while (this.#socket.readyState === WS_OPEN && this.bufferedBytes >= Math.max(1, before)) {
      await this.#deps.clock.sleep(LOOK_MS);
    }
    this.#isLooking = false;
    const callbacks = this.#drained;
    this.#drained = [];
    for (const callback of callbacks) callback();
  }
}

/** `WebSocket.OPEN`, of a class that is the platform's. */
const WS_OPEN = 1;

const isLonger = (text: string, maxBytes: number): boolean =>
  text.length * 3 > maxBytes && new TextEncoder().encode(text).length > maxBytes;
