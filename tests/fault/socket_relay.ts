/** The WebSocket of docs/protocol/extensions.md §3 over a fake relay, with a way to cut it anywhere. */
import type { FakeSocket } from "../../platform/fake/sockets.ts";
import { isJsonArray, isJsonObject, member } from "../../protocol/json/value.ts";
import { parseJson } from "../../protocol/json/parse.ts";
import { printJson } from "../../protocol/json/print.ts";
import { FakeRelay } from "./fake_relay.ts";
import { type MailWorld, type Party, RELAY_URL } from "./mail_world.ts";

interface Connection {
  readonly socket: FakeSocket;
  /** By slot, how many of its events were sent, or stand before the cursor. */
  readonly sent: Map<string, number>;
}

export const HEALTH = { headers: { "wire-relay": 'features="ws"' } };

export class SocketRelay {
  readonly #relay: FakeRelay;
  readonly #open = new Set<Connection>();
  /** `op` of every frame, with its slot's end; acks with their place: `ack 02 3`. */
  readonly log: string[] = [];
  /** Sees each frame before it is answered; false: it gets no answer. */
  intercept: (text: string, socket: FakeSocket) => boolean = () => true;
  /** What GET /healthz announces. */
  health: ResponseInit = HEALTH;

  constructor(relay: FakeRelay) {
    this.#relay = relay;
  }

  /** Serves every party of that world, those that are made later, too. */
  static in(world: MailWorld): SocketRelay {
    const sockets = new SocketRelay(world.relay);
    world.net.serve(RELAY_URL, async (request) => {
      if (request.url.endsWith("/healthz")) return new Response("ok", sockets.health);
      const response = await world.relay.handle(request);
      sockets.flush();
      return response;
    });
    return sockets;
  }

  get connections(): readonly FakeSocket[] {
    return [...this.#open].map(({ socket }) => socket);
  }

  serve({ platform }: Party): void {
    platform.sockets.serve(RELAY_URL, (socket) => void this.accept(socket));
  }

  async accept(socket: FakeSocket): Promise<void> {
    const connection: Connection = { socket, sent: new Map() };
    this.#open.add(connection);
    try {
      for await (const text of socket.messages) {
        if (this.intercept(text, socket)) await this.#answer(connection, text);
      }
    } finally {
      this.#open.delete(connection);
    }
  }

  /** Ends every connection; without a code, without a word. */
  cut(code?: number): void {
    for (const { socket } of this.#open) code === undefined ? socket.cut() : socket.close(code);
  }

  /** Sends what was stored since. */
  flush(): void {
    for (const { socket, sent } of this.#open) {
      for (const [slot, count] of sent) {
        const texts = this.#relay.texts(slot);
        if (texts.length === count) continue;
        sent.set(slot, texts.length);
        const events = texts.slice(count).map((text, at) =>
          `{"event":${text},"seq":${count + at + 1},"via":null}`
        );
        socket.send(`{"op":"events","slot":"${slot}","events":[${events.join(",")}]}`);
      }
    }
  }

  async #answer({ socket, sent }: Connection, text: string): Promise<void> {
    const frame = JSON.parse(text);
    const { op, ref, slot } = frame;
    const short = typeof slot === "string" ? ` ${slot.slice(-2)}` : "";
    this.log.push(`${op}${short}${op === "ack" ? ` ${frame.seq}` : ""}`);
    const refuse = (code: string, http: number) =>
      socket.send(JSON.stringify({ op: "error", ref, code, message: code, http }));
    const known = this.#relay.slots.get(slot);
    switch (op) {
      case "open": {
        if (known === undefined || known.token !== frame.token) return refuse("forbidden", 403);
        const at = known.events.findIndex(({ id }) => frame.since !== null && id === frame.since);
        socket.send(
          JSON.stringify({ op: "opened", ref, slot, count: known.events.length - at - 1 }),
        );
        sent.set(slot, at + 1);
        return this.flush();
      }
      case "close":
        sent.delete(slot);
        return void socket.send(JSON.stringify({ op: "closed", ref, slot }));
      case "ping":
        return void socket.send(JSON.stringify({ op: "pong", ref }));
      case "publish": {
        if (known === undefined || known.token !== frame.token) return refuse("forbidden", 403);
        const results: unknown[] = [];
        for (const event of eventsIn(text)) {
          results.push(await this.#post(slot, frame.token, event));
        }
        this.flush();
        return void socket.send(JSON.stringify({ op: "published", ref, results }));
      }
    }
  }

  async #post(slot: string, token: string, event: string): Promise<unknown> {
    const response = await this.#relay.handle(
      new Request(`${RELAY_URL}/v1/events/${slot}`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body: `{"event":${event}}`,
      }),
    );
    const { event_id = null, status, digest, error } = await response.json();
    if (response.ok) return { event_id, status, digest };
    return { event_id, error: { code: "refused", message: error, http: response.status } };
  }
}

function eventsIn(text: string): readonly string[] {
  const frame = parseJson(text);
  const events = isJsonObject(frame) ? member(frame, "events") : undefined;
  return isJsonArray(events) ? events.map((event) => printJson(event)) : [];
}
