/** A relay of ours in memory, reached over sockets in memory, which a test cuts where it likes. */
import { FakeSocket } from "../../platform/fake/sockets.ts";
import type { FakePlatform } from "../../platform/fake/platform.ts";
import type { FrameSocket, SocketEvents } from "../../relay/ws/socket.ts";
import { WS_SUBPROTOCOL } from "../../protocol/schemas/ws_frames.ts";
import type { RelayWorld } from "../relay/relay_world.ts";
import { RELAY } from "../../client/fake/world.ts";

const SOURCE = "192.0.2.1";
const DECODER = new TextDecoder();

const HEADERS: Readonly<Record<string, string>> = {
  "sec-websocket-protocol": WS_SUBPROTOCOL,
  host: "relay.test",
};

/** One party's way to the relay. */
export class SocketLink {
  readonly #world: RelayWorld;
  readonly #open = new Set<FakeSocket>();
  /** Frames that still pass, in either direction; then the connection is cut. */
  #passing = Infinity;
  /** Connections that were cut. */
  cuts = 0;
  opened = 0;

  constructor(world: RelayWorld, { net, sockets }: Pick<FakePlatform, "net" | "sockets">) {
    this.#world = world;
    net.serve(RELAY, (request) => world.relay.fetch(request, { remoteAddress: SOURCE }));
    sockets.serve(RELAY, (socket) => this.#accept(socket));
  }

  /** The connection ends when so many more frames have passed. */
  cutAfter(frames: number): void {
    this.#passing = frames;
    if (frames === 0) this.#cut();
  }

  get connections(): number {
    return this.#open.size;
  }

  #cut(): void {
    this.#passing = Infinity;
    for (const socket of this.#open) {
      this.cuts++;
      socket.cut();
    }
  }

  #passes(): boolean {
    if (this.#passing > 0) {
      this.#passing--;
      return true;
    }
    this.#cut();
    return false;
  }

  #accept(socket: FakeSocket): void {
    const upgraded = this.#world.relay.upgrade({
      method: "GET",
      target: "/v1/ws",
      remoteAddress: SOURCE,
      header: (name) => HEADERS[name],
      readBody: () => Promise.reject(new Error("an upgrade has no body")),
    });
    if (!upgraded.ok) return socket.close(1008);
    this.opened++;
    this.#open.add(socket);
    const end = new RelayEnd(socket, () => this.#passes());
    const events = upgraded.accept(end);
    end.run(events).finally(() => this.#open.delete(socket));
  }
}

class RelayEnd implements FrameSocket {
  readonly bufferedBytes = 0;
  readonly #socket: FakeSocket;
  readonly #passes: () => boolean;
  #resumed = Promise.withResolvers<void>();

  constructor(socket: FakeSocket, passes: () => boolean) {
    this.#socket = socket;
    this.#passes = passes;
    this.#resumed.resolve();
  }

  async run(events: SocketEvents): Promise<void> {
    for await (const text of this.#socket.messages) {
      await this.#resumed.promise;
      if (this.#passes()) events.text(text);
    }
    events.closed((await this.#socket.ended).code);
  }

  send(frame: Uint8Array | string): void {
    if (!this.#passes()) return;
    this.#socket.send(typeof frame === "string" ? frame : DECODER.decode(frame));
  }

  onDrained(callback: () => void): void {
    queueMicrotask(callback);
  }

  pause(): void {
    this.#resumed = Promise.withResolvers();
  }

  resume(): void {
    this.#resumed.resolve();
  }

  ping(): void {}

  close(code: number): void {
    this.#socket.close(code);
  }

  destroy(): void {
    this.#socket.cut();
  }
}
