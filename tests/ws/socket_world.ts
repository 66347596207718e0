/** Connections to a relay in memory, over sockets without a network. */
import assert from "node:assert/strict";
import { RelayFrame } from "../../protocol/schemas/ws_frames.ts";
import type { FrameSocket, SocketEvents } from "../../relay/ws/socket.ts";
import { RelayWorld, type Slot } from "../relay/relay_world.ts";

export type Frame = Readonly<Record<string, unknown>>;

export interface SentEvent {
  readonly event: unknown;
  readonly seq: number;
  readonly via: string | null;
}

const DECODER = new TextDecoder();

/** What the relay's side of a connection is given: it keeps what was sent. */
export class FakeSocket implements FrameSocket {
  readonly frames: Frame[] = [];
  /** As the relay sees it: a test may say that nothing leaves. */
  bufferedBytes = 0;
  sentBytes = 0;
  isPaused = false;
  pings = 0;
  closed: { readonly code: number; readonly reason: string } | undefined;
  isDestroyed = false;
  events: SocketEvents | undefined;
  #drained: (() => void)[] = [];
  #waiting: (() => void)[] = [];

  send(frame: Uint8Array | string): void {
    const text = typeof frame === "string" ? frame : DECODER.decode(frame);
    this.sentBytes += text.length;
    this.frames.push(RelayFrame.parse(JSON.parse(text)));
    for (const wake of this.#waiting.splice(0)) wake();
  }

  onDrained(callback: () => void): void {
    this.#drained.push(callback);
  }

  /** Everything has left. */
  drain(): void {
    this.bufferedBytes = 0;
    for (const callback of this.#drained.splice(0)) callback();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  ping(): void {
    this.pings++;
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
    this.events?.closed(code);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  destroy(): void {
    this.isDestroyed = true;
  }

  /** Resolves when something more was sent, or it was closed. */
  more(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }
}

/** A client: what it sends, and what it has got. */
export class Client {
  #ref = 0;

  constructor(readonly events: SocketEvents, readonly socket: FakeSocket) {}

  get frames(): readonly Frame[] {
    return this.socket.frames;
  }

  send(frame: Frame): void {
    this.events.text(JSON.stringify(frame));
  }

  /** Sends a request and waits for its answer. */
  async ask(frame: Frame): Promise<Frame> {
    const ref = ++this.#ref;
    this.send({ ref, ...frame });
    return await this.until((answer) => answer["ref"] === (frame["ref"] ?? ref));
  }

  async until(isWanted: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(isWanted);
      if (found !== undefined) return found;
      assert.equal(this.socket.closed, undefined, "closed while waiting");
      await this.socket.more();
    }
  }

  /** Until so many events have come. */
  async untilEvents(count: number, slot?: string): Promise<readonly SentEvent[]> {
    while (this.got(slot).length < count) await this.socket.more();
    return this.got(slot);
  }

  /** Every event that has come, in order. */
  got(slot?: string): SentEvent[] {
    return this.frames.flatMap((frame) =>
      frame["op"] === "events" && (slot === undefined || frame["slot"] === slot)
        ? eventsOf(frame)
        : []
    );
  }

  /** Operations of the frames that came. */
  get ops(): unknown[] {
    return this.frames.map(({ op }) => op);
  }

  open(slot: Slot, more: Frame = {}): Promise<Frame> {
    return this.ask({ op: "open", slot: slot.id, token: slot.token, ...more });
  }

  /** @param events JSON texts */
  async publish(slot: Slot, events: readonly string[]): Promise<Frame> {
    const ref = ++this.#ref;
    this.events.text(
      `{"op":"publish","ref":${ref},"slot":"${slot.id}","token":"${slot.token}",` +
        `"events":[${events.join(",")}]}`,
    );
    return await this.until((frame) => frame["ref"] === ref);
  }

  ack(slot: Slot, seq: number): void {
    this.send({ op: "ack", slot: slot.id, seq });
  }
}

function eventsOf(frame: Frame): SentEvent[] {
  const { events } = frame;
  assert.ok(Array.isArray(events));
  return events;
}

export class SocketWorld extends RelayWorld {
  /** @throws {Refused} what the upgrade was answered */
  connect(from: string = "192.0.2.1"): Client {
    const upgraded = this.relay.upgrade({
      method: "GET",
      target: "/v1/ws",
      remoteAddress: from,
      header: (name) => HEADERS[name],
      readBody: () => Promise.reject(new Error("an upgrade has no body")),
    });
    if (!upgraded.ok) throw new Refused(upgraded.reply.status);
    const socket = new FakeSocket();
    const events = upgraded.accept(socket);
    socket.events = events;
    return new Client(events, socket);
  }

  /** A slot of class owner. */
  async ownedSlot(): Promise<Slot> {
    const { text } = await this.call("/v1/slot/allocate", { body: { grants: true } });
    const { slot_id: id, slot_token: token } = JSON.parse(text);
    return { id, token };
  }

  /** @returns the slot with the grant's token */
  async grant(slot: Slot, limits: Frame = {}): Promise<Slot & { readonly grant: string }> {
    const { text } = await this.call(`/v1/slot/${slot.id}/grants`, {
      token: slot.token,
      body: limits,
    });
    const { grant_id: grant, token } = JSON.parse(text);
    return { id: slot.id, token, grant };
  }
}

const HEADERS: Readonly<Record<string, string>> = {
  "sec-websocket-protocol": "wire.v1",
  host: "relay.test",
};

export class Refused extends Error {
  constructor(readonly status: number) {
    super(`refused with ${status}`);
  }
}
