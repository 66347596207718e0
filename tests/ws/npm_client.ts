/** Npm `ws` as a client: what it gets, frame by frame. */
import { Buffer } from "node:buffer";
// @ts-types="@types/ws"
import { type RawData, WebSocket } from "ws";
import { RelayFrame, WS_SUBPROTOCOL } from "../../protocol/schemas/ws_frames.ts";
import type { Slot } from "../relay/relay_world.ts";
import type { Frame } from "./socket_world.ts";

export class NpmClient implements AsyncDisposable {
  readonly frames: Frame[] = [];
  readonly closed: Promise<number>;
  readonly #waiting: (() => void)[] = [];
  #ref = 0;

  private constructor(readonly ws: WebSocket) {
    this.closed = new Promise((resolve) => ws.on("close", (code: number) => resolve(code)));
    ws.on("message", (data: RawData) => {
      const text = Buffer.isBuffer(data) ? data.toString() : "";
      this.frames.push(RelayFrame.parse(JSON.parse(text)));
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  /** @param url of the relay */
  static async connect(url: string): Promise<NpmClient> {
    const ws = new WebSocket(`${url.replace(/^http/, "ws")}/v1/ws`, WS_SUBPROTOCOL);
    const client = new NpmClient(ws);
    await new Promise<void>((resolve, reject) => {
      ws.on("open", () => resolve());
      ws.on("error", reject);
    });
    return client;
  }

  async ask(frame: Frame): Promise<Frame> {
    const ref = ++this.#ref;
    this.ws.send(JSON.stringify({ ref, ...frame }));
    return await this.until((answer) => answer["ref"] === ref);
  }

  open(slot: Slot, more: Frame = {}): Promise<Frame> {
    return this.ask({ op: "open", slot: slot.id, token: slot.token, ...more });
  }

  publish(slot: Slot, events: readonly unknown[]): Promise<Frame> {
    return this.ask({ op: "publish", slot: slot.id, token: slot.token, events });
  }

  ack(slot: Slot, seq: number): void {
    this.ws.send(JSON.stringify({ op: "ack", slot: slot.id, seq }));
  }

  async until(isWanted: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(isWanted);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    }
  }

  /** Seqs of the events that came. */
  get seqs(): number[] {
    return this.frames.flatMap(({ events }) =>
      Array.isArray(events) ? events.map(({ seq }) => Number(seq)) : []
    );
  }

  async untilSeqs(count: number): Promise<number[]> {
    await this.until(() => this.seqs.length >= count);
    return this.seqs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ws.terminate();
    await this.closed;
  }
}
