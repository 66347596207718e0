/**
 * A relay as 0.5.19 runs it, in memory, with its quirks: one bucket for all callers that unknown
 * paths drain too, 409 for an identical repeat, numbers parsed and printed anew, duplicates by the
 * claimed id alone, the last bootstrap wins, no header that announces anything.
 * See docs/protocol/relay.md §3–5.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Buffer } from "node:buffer";
import { ReferenceDirectory } from "./directory.ts";
import { at, print, type Ref, ref, text, tryParse } from "./json.ts";

const MAX_EVENT_BYTES = 262_144;
const MAX_BODY_BYTES = 2_097_152;
const MAX_SLOT_BYTES = 67_108_864;

interface Slot {
  readonly token: string;
  readonly events: Ref[];
  readonly ids: Set<string>;
  readonly streams: Set<ServerResponse>;
  bytes: number;
  lastPull: number | null;
}

interface PairSlot {
  readonly codeHash: string;
  readonly msg: Map<string, string>;
  readonly bootstrap: Map<string, string>;
}

/** What a route says: a status, and JSON or plain text. */
export interface Reply {
  readonly status: number;
  readonly json?: unknown;
  readonly plain?: string;
  readonly headers?: Record<string, string>;
}

export const error = (status: number, message: string): Reply => ({
  status,
  json: { error: message },
});

export class ReferenceRelay implements AsyncDisposable {
  /** `METHOD path` of every request, in order. */
  readonly requests: string[] = [];
  /** What is left of the bucket; nothing comes back within a test. */
  tokens: number;
  readonly #slots = new Map<string, Slot>();
  readonly #pairs = new Map<string, PairSlot>();
  readonly #byHash = new Map<string, string>();
  readonly #directory = new ReferenceDirectory();
  /** Answers in the place of a route when it returns something: a relay that lies. */
  lie: (path: string, reply: Reply) => Reply = (_, reply) => reply;
  readonly #server: Server;
  url = "";

  private constructor(tokens: number) {
    this.tokens = tokens;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** @param options.tokens of the burst, 50 in the real one */
  static async start({ tokens = 50 } = {}): Promise<ReferenceRelay> {
    const relay = new ReferenceRelay(tokens);
    const { promise, resolve } = Promise.withResolvers<void>();
    relay.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    const address = relay.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    relay.url = `http://127.0.0.1:${address.port}`;
    return relay;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { streams } of this.#slots.values()) for (const stream of streams) stream.end();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? "/", "http://relay");
    this.requests.push(`${request.method} ${url.pathname}`);
    const reply = this.#answer(request, url, Buffer.concat(chunks), response);
    if (reply === undefined) return;
    const { status, json, plain, headers = {} } = this.lie(url.pathname, reply);
    const body = json === undefined ? plain ?? "" : print(ref(json));
    const type = json === undefined ? "text/plain; charset=utf-8" : "application/json";
    response.writeHead(status, {
      ...(body === "" ? {} : { "content-type": type }),
      "content-length": Buffer.byteLength(body),
      ...headers,
    });
    response.end(body);
  }

  #answer(
    request: IncomingMessage,
    url: URL,
    body: Buffer,
    response: ServerResponse,
  ): Reply | undefined {
    const [, v1, area = "", first = "", second = "", ...more] = url.pathname.split("/");
    const method = request.method ?? "GET";
    if (url.pathname === "/healthz") return { status: 200, plain: "ok\n" };
    const bucketed = /^\/v1\/(slot\/allocate|pair|pair\/[^/]+\/bootstrap|pair\/abandon)$/
      .test(url.pathname);
    const isDirectory = ReferenceDirectory.serves(url.pathname);
    const known = isDirectory || v1 === "v1" && more.length === 0 &&
        (bucketed ||
          /^\/v1\/(events\/[^/]+(\/stream)?|slot\/[^/]+\/(state|responder-health)|pair\/[^/]+)$/
            .test(url.pathname));
    if ((bucketed || !known) && this.tokens-- <= 0) {
      this.tokens = 0;
      return {
        status: 429,
        plain: "Too Many Requests! Wait for 1s",
        headers: { "x-ratelimit-after": "1" },
      };
    }
    if (!known) return { status: 404 };
    const parsed = method === "POST" ? bodyOf(request, body) : null;
    if (isReply(parsed)) return parsed;
    if (isDirectory) {
      return this.#directory.answer(url, parsed, {
        owner: (id) => this.#authorized(request, id),
        deliver: (id, event) => store(this.#slots.get(id), event),
      });
    }
    if (area === "pair") return this.#pair(method, { first, second, url, body: parsed });
    if (url.pathname === "/v1/slot/allocate") return this.#allocate();
    const slot = this.#authorized(request, first);
    if (isReply(slot)) return slot;
    if (area === "slot") {
      return second === "state" ? state(first, slot) : { status: 200, json: parsed };
    }
    if (second === "stream") return this.#stream(slot, response);
    return method === "POST" ? store(slot, at(parsed, "event")) : list(slot, url);
  }

  #authorized(request: IncomingMessage, id: string): Slot | Reply {
    const header = request.headers.authorization ?? "";
    if (!header.startsWith("Bearer ")) return error(401, "missing Bearer token");
    const slot = this.#slots.get(id);
    if (slot === undefined) return error(404, "unknown slot");
    return slot.token === header.slice(7) ? slot : error(403, "bad token");
  }

  #allocate(): Reply {
    const [slot_id, slot_token] = [randomHex(16), randomHex(32)];
    this.#slots.set(slot_id, {
      token: slot_token,
      events: [],
      ids: new Set(),
      streams: new Set(),
      bytes: 0,
      lastPull: null,
    });
    return { status: 201, json: { slot_id, slot_token } };
  }

  #stream(slot: Slot, response: ServerResponse): undefined {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    response.flushHeaders();
    slot.streams.add(response);
    response.on("close", () => slot.streams.delete(response));
  }

  #pair(
    method: string,
    { first, second, url, body }: {
      readonly first: string;
      readonly second: string;
      readonly url: URL;
      readonly body: Ref;
    },
  ): Reply {
    const role = method === "GET" ? url.searchParams.get("as_role") ?? "" : text(body, "role");
    const isRole = role === "host" || role === "guest";
    if (first === "abandon") {
      const codeHash = text(body, "code_hash");
      this.#pairs.delete(this.#byHash.get(codeHash) ?? "");
      this.#byHash.delete(codeHash);
      return { status: 204 };
    }
    if (first === "") {
      if (!isRole) return error(400, "role must be 'host' or 'guest'");
      return this.#open(role, text(body, "code_hash"), text(body, "msg"));
    }
    const pair = this.#pairs.get(first);
    if (pair === undefined) return error(404, "unknown pair_id");
    if (second === "bootstrap") {
      if (!isRole) return error(400, "role must be 'host' or 'guest'");
      pair.bootstrap.set(role, text(body, "sealed"));
      return { status: 201, json: { ok: true } };
    }
    if (!isRole) return error(400, "as_role must be 'host' or 'guest'");
    const other = role === "host" ? "guest" : "host";
    const peer_bootstrap = pair.bootstrap.get(other) ?? null;
    return { status: 200, json: { peer_bootstrap, peer_msg: pair.msg.get(other) ?? null } };
  }

  #open(role: string, codeHash: string, msg: string): Reply {
    const id = this.#byHash.get(codeHash) ?? randomHex(16);
    const pair = this.#pairs.get(id) ?? { codeHash, msg: new Map(), bootstrap: new Map() };
    if (pair.msg.has(role)) return error(409, `${role} already registered for this code`);
    pair.msg.set(role, msg);
    this.#pairs.set(id, pair);
    this.#byHash.set(codeHash, id);
    return { status: 201, json: { pair_id: id } };
  }
}

function bodyOf(request: IncomingMessage, body: Buffer): Ref | Reply {
  if (body.length > MAX_BODY_BYTES) {
    return { status: 413, plain: "Failed to buffer the request body: length limit exceeded" };
  }
  if (!/^application\/(json|[^;]*\+json)/.test(request.headers["content-type"] ?? "")) {
    return { status: 415, plain: "Expected request with `Content-Type: application/json`" };
  }
  const value = tryParse(body.toString());
  return value ?? { status: 400, plain: "Failed to parse the request body as JSON: ?" };
}

function store(slot: Slot | undefined, event: Ref | undefined): Reply {
  if (slot === undefined) return error(404, "unknown slot");
  if (event === undefined) {
    const plain = "Failed to deserialize the JSON body into the target type: missing field `event`";
    return { status: 422, plain };
  }
  const line = print(event);
  const size = Buffer.byteLength(line);
  if (size > MAX_EVENT_BYTES) {
    const max = { error: "event exceeds 256 KiB", max_bytes: MAX_EVENT_BYTES };
    return { status: 413, json: max };
  }
  if (slot.bytes + size > MAX_SLOT_BYTES) return error(413, "slot quota exceeded");
  const id = at(event, "event_id");
  const event_id = typeof id === "string" ? id : null;
  if (event_id !== null && slot.ids.has(event_id)) {
    return { status: 200, json: { event_id, status: "duplicate" } };
  }
  slot.bytes += size;
  slot.events.push(event);
  if (event_id !== null) slot.ids.add(event_id);
  for (const stream of slot.streams) stream.write(`data: ${line}\n\n`);
  return { status: 201, json: { event_id, status: "stored" } };
}

function list(slot: Slot, url: URL): Reply {
  const since = url.searchParams.get("since");
  const limit = url.searchParams.get("limit") ?? "100";
  if (!/^\d+$/.test(limit)) {
    return {
      status: 400,
      plain: "Failed to deserialize query string: invalid digit found in string",
    };
  }
  slot.lastPull = Math.floor(Date.now() / 1000);
  const after = slot.events.findIndex((event) => since !== null && at(event, "event_id") === since);
  return {
    status: 200,
    json: slot.events.slice(after + 1, after + 1 + Math.min(Number(limit), 1000)),
  };
}

const state = (slot_id: string, { events, lastPull }: Slot): Reply => ({
  status: 200,
  json: {
    event_count: events.length,
    last_pull_at_unix: lastPull,
    responder_health: null,
    slot_id,
  },
});

/** A parsed body is a Map where it is an object. */
export const isReply = (value: object | Ref): value is Reply =>
  typeof value === "object" && value !== null && "status" in value;

const randomHex = (bytes: number): string => crypto.getRandomValues(new Uint8Array(bytes)).toHex();
