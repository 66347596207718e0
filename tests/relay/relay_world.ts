/** A relay in memory with a clock that tests move, and the calls that a client makes. */
import { createHash } from "node:crypto";
import { FakeClock } from "../../platform/fake/clock.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { sharedStores } from "../../relay/open_stores.ts";
import { RELAY_LIMITS, type RelayLimits } from "../../relay/options.ts";
import { createRelay, type Relay, type RelayDeps } from "../../relay/relay.ts";
import type { Directory } from "../../store/directory/directory.ts";
import { MemoryDirectory } from "../../store/directory/memory_directory.ts";
import { MemorySlotStore } from "../../store/slots/memory_slot_store.ts";
import type { SlotStore } from "../../store/slots/slot_store.ts";

export interface Slot {
  readonly id: string;
  readonly token: string;
}

export interface CallOptions {
  readonly method?: string;
  readonly token?: string;
  /** Sent as it is; anything else than text is sent as its JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly from?: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/**
 * Over a shared store some bounds are coarser on purpose: a pairing's life is written down every 30 s
 * only, and how many nameplates are in use is known only every 10 s.
 */
export const IS_SHARED = Deno.env.get("WIRE_RELAY_STORE") === "shared";

/**
 * With WIRE_RELAY_STORE=shared the relay keeps everything in a KV that other relays may use, as
 * relay/deploy.ts has it: the same tests then hold for that. Opened ahead, as worlds are made at once.
 */
const KVS = IS_SHARED
  ? await Promise.all(Array.from({ length: 128 }, () => Deno.openKv(":memory:")))
  : [];

/** Left open: it was open before the test began. */
const kept = (kv: Deno.Kv): Deno.Kv =>
  new Proxy(kv, {
    get(target, name) {
      const value: unknown = name === "close" ? () => {} : Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

export class RelayWorld implements AsyncDisposable {
  readonly clock = new FakeClock("2026-11-21T05:00:00Z");
  readonly store: SlotStore;
  readonly directory: Directory;
  readonly relay: Relay;

  constructor(
    limits: Partial<RelayLimits> = {},
    deps: Partial<Omit<RelayDeps, "limits">> = {},
  ) {
    const all = { burst: 10_000, ...limits };
    const platform = fakePlatform({ clock: this.clock });
    const kv = KVS.pop();
    const shared = kv === undefined ? undefined : sharedStores({
      ...platform,
      kv: kept(kv),
      watching: kept(kv),
      limits: { ...RELAY_LIMITS, ...all },
    });
    this.store = deps.store ?? shared?.store ??
      new MemorySlotStore({ ...RELAY_LIMITS, ...all, clock: this.clock });
    this.directory = deps.directory ?? shared?.directory ??
      new MemoryDirectory({ ...RELAY_LIMITS, ...all });
    this.relay = createRelay({
      platform,
      ...shared,
      ...deps,
      store: this.store,
      directory: this.directory,
      limits: all,
    });
  }

  response(path: string, options: CallOptions = {}): Promise<Response> {
    const { body, token, from = "192.0.2.1" } = options;
    const headers = new Headers();
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    if (body !== undefined) headers.set("content-type", "application/json");
    for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value);
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const request = new Request(`http://relay.test${path}`, {
      method: options.method ?? (body === undefined ? "GET" : "POST"),
      headers,
      ...(body === undefined ? {} : { body: body instanceof Uint8Array ? body.slice() : text }),
    });
    return this.relay.fetch(request, { remoteAddress: from });
  }

  async call(path: string, options: CallOptions = {}): Promise<Answer> {
    const response = await this.response(path, options);
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  async slot(): Promise<Slot> {
    const { text } = await this.call("/v1/slot/allocate", { body: {} });
    const { slot_id: id, slot_token: token } = JSON.parse(text);
    return { id, token };
  }

  /** @param event JSON text */
  post(slot: Slot, event: string): Promise<Answer> {
    return this.call(`/v1/events/${slot.id}`, { token: slot.token, body: `{"event":${event}}` });
  }

  list(slot: Slot, query: string = ""): Promise<Answer> {
    return this.call(`/v1/events/${slot.id}${query}`, { token: slot.token });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.relay.close();
  }
}

/** `"<status> <body>"`, for comparing with the tables of the specification. */
export const shown = ({ status, text }: Answer): string => `${status} ${text}`;

/** An event in stored form whose id is its hash. @param members JSON text, sorted, after event_id */
export function hashed(members: string): { readonly id: string; readonly text: string } {
  const id = createHash("sha256").update(`{${members}}`).digest("hex");
  return { id, text: `{"event_id":"${id}",${members}}` };
}

/** An event of exactly that many bytes in stored form. */
export function eventOfBytes(id: string, bytes: number): string {
  const event = (filling: string): string => `{"event_id":"${id}","z":"${filling}"}`;
  return event("x".repeat(bytes - event("").length));
}
