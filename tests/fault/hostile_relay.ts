/**
 * A relay in memory with every route that a client of this program calls, whose answers a test may
 * spoil. See docs/protocol/relay.md §5.
 */
import { transportError } from "../../platform/transport_error.ts";
import { FakeRelay } from "./fake_relay.ts";

/** Makes a bad answer of a good one. */
export type Spoil = (request: Request, good: Response) => Response | Promise<Response>;

/** What a spoil throws when the connection ends before an answer. */
export class NoAnswer extends Error {}

interface PairSlot {
  readonly id: string;
  readonly host: Side;
  readonly guest: Side;
}

interface Side {
  msg?: string;
  sealed?: string;
}

const json = (status: number, value: unknown): Response =>
  new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json" },
  });

const textIn = (value: unknown, member: string): string => {
  const text: unknown = typeof value === "object" && value !== null
    ? Reflect.get(value, member)
    : undefined;
  return typeof text === "string" ? text : "";
};

export class HostileRelay {
  /** Mailboxes, with what was truly stored. */
  readonly mail: FakeRelay;
  /** Spoils each answer from now on; undefined mends the relay. */
  spoil: Spoil | undefined = undefined;
  /** What is asked for is not done: only answered. */
  isDeaf = false;
  readonly #pairs = new Map<string, PairSlot>();
  #slots = 100;

  constructor(mail: FakeRelay = new FakeRelay()) {
    this.mail = mail;
  }

  /** Another relay with the same mailboxes and pairings, which answers as it should. */
  copy(): HostileRelay {
    const copy = new HostileRelay();
    for (const [id, { token, events }] of this.mail.slots) {
      copy.mail.slots.set(id, { token, events: [...events], streams: new Set() });
    }
    for (const [hash, { id, host, guest }] of this.#pairs) {
      copy.#pairs.set(hash, { id, host: { ...host }, guest: { ...guest } });
    }
    copy.#slots = this.#slots;
    return copy;
  }

  handle = async (request: Request): Promise<Response> => {
    const isLost = this.isDeaf && request.method === "POST";
    const good = isLost ? json(201, {}) : await this.#answer(request.clone());
    if (this.spoil === undefined) return good;
    try {
      return await this.spoil(request, good);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      throw transportError(request, error);
    }
  };

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const body: unknown = request.method === "POST" ? await request.clone().json() : undefined;
    const state = url.pathname.match(/^\/v1\/slot\/([0-9a-f]{32})\/state$/)?.[1];
    if (state !== undefined) return this.#state(state);
    const pair = url.pathname.match(/^\/v1\/pair\/([0-9a-f]{32})(\/bootstrap)?$/);
    if (pair?.[2] !== undefined) return this.#bootstrap(pair[1] ?? "", body);
    if (pair !== null) return this.#look(pair[1] ?? "", url.searchParams.get("as_role") ?? "");
    switch (`${request.method} ${url.pathname}`) {
      case "GET /healthz":
        return new Response("ok\n");
      case "POST /v1/slot/allocate": {
        const { slotId, slotToken } = this.mail.makeSlot(++this.#slots);
        return json(201, { slot_id: slotId, slot_token: slotToken });
      }
      case "POST /v1/pair":
        return this.#open(body);
      case "POST /v1/pair/abandon":
        this.#pairs.delete(textIn(body, "code_hash"));
        return new Response(null, { status: 204 });
      default:
        return await this.mail.handle(request);
    }
  }

  #state(slotId: string): Response {
    const slot = this.mail.slots.get(slotId);
    if (slot === undefined) return json(404, { error: "unknown slot" });
    return json(200, {
      event_count: slot.events.length,
      last_pull_at_unix: null,
      responder_health: null,
      slot_id: slotId,
    });
  }

  #open(body: unknown): Response {
    const hash = textIn(body, "code_hash");
    const id = this.#pairs.get(hash)?.id ?? hash.slice(0, 32);
    const slot = this.#pairs.get(hash) ?? { id, host: {}, guest: {} };
    this.#pairs.set(hash, slot);
    slot[textIn(body, "role") === "host" ? "host" : "guest"].msg = textIn(body, "msg");
    return json(201, { pair_id: id });
  }

  #look(id: string, role: string): Response {
    const slot = this.#slot(id);
    if (slot === undefined) return json(404, { error: "no such pair" });
    const { msg = null, sealed = null } = role === "host" ? slot.guest : slot.host;
    return json(200, { peer_bootstrap: sealed, peer_msg: msg });
  }

  #bootstrap(id: string, body: unknown): Response {
    const slot = this.#slot(id);
    if (slot === undefined) return json(404, { error: "no such pair" });
    slot[textIn(body, "role") === "host" ? "host" : "guest"].sealed = textIn(body, "sealed");
    return json(201, { ok: true });
  }

  #slot(id: string): PairSlot | undefined {
    return [...this.#pairs.values()].find((slot) => slot.id === id);
  }
}
