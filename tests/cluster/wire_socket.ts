/** A client of the relay's WebSocket: Deno's own. */
import assert from "node:assert/strict";
import type { Node } from "./node.ts";

export interface Frame {
  readonly op: string;
  readonly events?: readonly { readonly seq: number }[];
  readonly joined?: boolean;
  readonly peer?: Readonly<Record<string, string>>;
}

export class Wire implements Disposable {
  readonly #frames: Frame[] = [];
  #arrived = Promise.withResolvers<void>();

  private constructor(readonly socket: WebSocket) {
    socket.addEventListener("message", ({ data }) => {
      this.#frames.push(JSON.parse(String(data)));
      this.#arrived.resolve();
    });
    socket.addEventListener("close", ({ code }) => {
      this.#arrived.reject(new Error(`the relay closed with ${code}`));
      this.#arrived.promise.catch(() => undefined); // whoever waits hears of it
    });
  }

  static async connect(node: Node | URL): Promise<Wire> {
    const url = node instanceof URL ? node : new URL(`ws://${node.address}/v1/ws`);
    const wire = new Wire(new WebSocket(url, "wire.v1"));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    wire.socket.addEventListener("open", () => resolve(), { once: true });
    wire.socket.addEventListener("error", () => reject(new Error("no WebSocket")), { once: true });
    await promise;
    return wire;
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** The next frame of that kind; others are passed over, but not errors. */
  async next(op: string): Promise<Frame> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame === undefined) {
        await this.#arrived.promise;
        this.#arrived = Promise.withResolvers();
        continue;
      }
      assert.notEqual(frame.op, "error", JSON.stringify(frame));
      if (frame.op === op) return frame;
    }
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }
}
