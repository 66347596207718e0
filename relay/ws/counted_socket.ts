/** A socket whose frames are counted on their way out. */
import type { Counter } from "../metric_registry.ts";
import type { FrameSocket } from "./socket.ts";

const OUT = { direction: "out" };

export class CountedSocket implements FrameSocket {
  readonly #socket: FrameSocket;
  readonly #frames: Counter;

  constructor(socket: FrameSocket, frames: Counter) {
    this.#socket = socket;
    this.#frames = frames;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  send(frame: Uint8Array | string): void {
    this.#frames.add(OUT);
    this.#socket.send(frame);
  }

  onDrained(callback: () => void): void {
    this.#socket.onDrained(callback);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  ping(): void {
    this.#socket.ping();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
