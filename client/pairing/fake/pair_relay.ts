/**
 * The pair slots of a relay in memory, for tests of the client: docs/protocol/relay.md §5.8 and no
 * more than pairing needs beside it.
 */
import type { FakeClock } from "../../../platform/fake/clock.ts";
import type { FakeHost } from "../../../platform/fake/net.ts";
import { transportError } from "../../../platform/transport_error.ts";

interface Slot {
  readonly pairId: string;
  readonly codeHash: string;
  readonly msg: Map<string, string>;
  readonly bootstrap: Map<string, string>;
  touchedAt: number;
}

export interface FakePairRelayOptions {
  /** As 0.5.19: the same message again is 409, and another bootstrap replaces the first. */
  readonly legacy?: boolean;
}

const IDLE_MS = 300_000;

export class FakePairRelay {
  readonly slots = new Map<string, Slot>();
  /** `METHOD /path` of every request, oldest first. */
  readonly calls: string[] = [];
  /** Answers in place of the relay, if it returns something. */
  intercept: (request: Request, body: string) => Response | undefined = () => undefined;
  readonly #clock: FakeClock;
  readonly #legacy: boolean;
  #allocated = 0;

  constructor(clock: FakeClock, { legacy = false }: FakePairRelayOptions = {}) {
    this.#clock = clock;
    this.#legacy = legacy;
  }

  /** Numbers of calls, from 0, that are carried out and whose answer is lost on the way. */
  readonly lostReplies = new Set<number>();

  readonly host: FakeHost = async (request) => {
    const call = this.calls.push(`${request.method} ${new URL(request.url).pathname}`) - 1;
    const answer = await this.#answer(request);
    if (!this.lostReplies.has(call)) return answer;
    throw transportError(request, new Error("connection reset by peer"));
  };

  async #answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const text = await request.text();
    const answer = this.intercept(request, text);
    if (answer !== undefined) return answer;
    if (pathname === "/healthz") return new Response("ok\n");
    this.#sweep();
    const body: Record<string, string> = text === "" ? {} : JSON.parse(text);
    if (pathname === "/v1/slot/allocate") return this.#allocate();
    if (pathname === "/v1/pair") return this.#open(body);
    if (pathname === "/v1/pair/abandon") return this.#abandon(body);
    if (pathname.startsWith("/v1/slot/")) return this.#slotState(request, pathname);
    const [, , , pairId = "", tail] = pathname.split("/");
    const slot = [...this.slots.values()].find((it) => it.pairId === pairId);
    if (slot === undefined) return json(404, { error: "unknown pair_id" });
    slot.touchedAt = this.#clock.now();
    if (tail === "bootstrap") return this.#bootstrap(slot, body);
    const peer = searchParams.get("as_role") === "host" ? "guest" : "host";
    return json(200, {
      peer_bootstrap: slot.bootstrap.get(peer) ?? null,
      peer_msg: slot.msg.get(peer) ?? null,
    });
  }

  /** A restart of the relay: pair slots live in memory only. */
  restart(): void {
    this.slots.clear();
  }

  count(call: RegExp): number {
    return this.calls.filter((it) => call.test(it)).length;
  }

  #sweep(): void {
    for (const [hash, slot] of this.slots) {
      if (this.#clock.now() - slot.touchedAt > IDLE_MS) this.slots.delete(hash);
    }
  }

  #allocate(): Response {
    const digit = (++this.#allocated).toString(16);
    return json(201, { slot_id: digit.padStart(32, "0"), slot_token: digit.padStart(64, "0") });
  }

  /** The token of a mailbox is its number, as its id is. */
  #slotState({ headers }: Request, pathname: string): Response {
    const slotId = pathname.split("/")[3] ?? "";
    const token = headers.get("authorization") ?? "";
    if (token !== `Bearer ${slotId.padStart(64, "0")}`) return json(403, { error: "bad token" });
    const unknown = { last_pull_at_unix: null, responder_health: null };
    return json(200, { event_count: 0, slot_id: slotId, ...unknown });
  }

  #open({ code_hash: codeHash = "", msg = "", role = "" }: Record<string, string>): Response {
    const slot: Slot = this.slots.get(codeHash) ?? {
      pairId: (this.slots.size + this.calls.length).toString(16).padStart(32, "f"),
      codeHash,
      msg: new Map(),
      bootstrap: new Map(),
      touchedAt: 0,
    };
    this.slots.set(codeHash, slot);
    slot.touchedAt = this.#clock.now();
    const known = slot.msg.get(role);
    if (known !== undefined && (this.#legacy || known !== msg)) {
      return json(409, { error: `${role} already registered for this code` });
    }
    slot.msg.set(role, msg);
    return json(201, { pair_id: slot.pairId });
  }

  #bootstrap(slot: Slot, { role = "", sealed = "" }: Record<string, string>): Response {
    const known = slot.bootstrap.get(role);
    if (known !== undefined && known !== sealed && !this.#legacy) {
      return json(409, { error: "another bootstrap is there" });
    }
    slot.bootstrap.set(role, sealed);
    return json(201, { ok: true });
  }

  #abandon({ code_hash: codeHash = "" }: Record<string, string>): Response {
    this.slots.delete(codeHash);
    return new Response(null, { status: 204 });
  }
}

const json = (status: number, body: unknown): Response => Response.json(body, { status });
