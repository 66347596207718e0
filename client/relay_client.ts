/**
 * A relay as a client sees it: one method per call, each with a deadline of 30 s, a bounded reply
 * and a schema. Every method throws TransportError (`unreachable`) when no answer came,
 * RelayStatusError (`relay_status`) when the answer is not 2xx, and a WireError `relay_garbage` when
 * it is not the relay's protocol. See docs/protocol/relay.md §5 and §10.
 */
import type { Clock } from "../platform/clock.ts";
import { TransportError } from "../platform/transport_error.ts";
import { WireError } from "../protocol/errors.ts";
import type { CodeHash, PairId, RelayUrl, SlotId, SlotToken } from "../protocol/ids.ts";
import { RECEIPT_HEADER } from "../protocol/receipt.ts";
import { isJsonArray, type Json } from "../protocol/json/value.ts";
import {
  AllocateReply,
  PairBootstrapReply,
  PairGetReply,
  PairOpenReply,
  type PairRole,
  PostReply,
  RelayInfo,
  ResponderHealth,
  type ResponderHealthRequest,
  SlotState,
} from "../protocol/schemas/relay_api.ts";
import { eventStream, type StreamSignal } from "./relay/event_stream.ts";
import { announcedFeatures } from "./relay/features.ts";
import { GrantCalls } from "./relay/grant_calls.ts";
import { type HttpDependencies, RelayHttp } from "./relay/http.ts";
import { Pair2Calls } from "./relay/pair2_calls.ts";
import { RelayStatusError, statusText } from "./relay/status_error.ts";

export { RelayStatusError, type StreamSignal };
export type { PairRole, ResponderHealth, SlotState };

/** A relay may send the whole mailbox in one page: docs/protocol/relay.md §5.4. */
const MAX_PAGE_BYTES = 72 * 1024 * 1024;
export const MAX_PAGE_EVENTS = 1000;

/** A mailbox just made. */
export interface AllocatedSlot {
  readonly slotId: SlotId;
  readonly slotToken: SlotToken;
}

export interface RelayHealth {
  /** What the relay announces; undefined for a plain 0.5.19 one. */
  readonly features: readonly string[] | undefined;
  /** Whether the answer is one of a relay at all; without it nothing is known of its features. */
  readonly isRelay: boolean;
  readonly latencyMs: number;
  /** By the clock of whoever answered, to the second; undefined where the answer does not say. */
  readonly dateMs: number | undefined;
}

export interface Posted {
  readonly status: "stored" | "duplicate";
  /** The id under which the relay holds it, where it tells. */
  readonly eventId: string | undefined;
  /** First 32 hex digits of SHA-256 of what it holds under that id, where it tells. */
  readonly digest: string | undefined;
  /** Whether the owner's ack has passed it, where the relay tells: to grants. */
  readonly fetched: boolean | undefined;
  /** If one was asked for; of any shape: to be checked (protocol/receipt.ts). */
  readonly receipt: unknown;
}

export interface PostOptions {
  readonly signal?: AbortSignal | undefined;
  /** Only on a relay that announces `receipts`. */
  readonly wantsReceipt?: boolean;
}

export interface Page {
  /** An event id, exclusive; undefined or unknown: from the beginning. */
  readonly since?: string | undefined;
  /** At most 1,000. */
  readonly limit: number;
  readonly signal?: AbortSignal;
}

/** The other side's half of a pairing, so far. */
export interface PairView {
  readonly peerMsg: string | undefined;
  readonly peerBootstrap: string | undefined;
}

export class RelayClient {
  readonly url: RelayUrl;
  /** Pairings of the form pair/2; only where `health` tells the feature. */
  readonly pair2: Pair2Calls;
  /** Of our mailboxes; not to be called where `health` does not tell the feature. */
  readonly grants: GrantCalls;
  readonly #http: RelayHttp;
  readonly #clock: Clock;

  constructor(url: RelayUrl, dependencies: HttpDependencies) {
    this.url = url;
    this.#http = new RelayHttp(url, dependencies);
    this.pair2 = new Pair2Calls(this.#http);
    this.grants = new GrantCalls(this.#http);
    this.#clock = dependencies.clock;
  }

  /** @throws {WireError} unreachable or relay_status, in the words that 0.5.19 shows to people */
  async health(signal?: AbortSignal): Promise<RelayHealth> {
    const start = this.#clock.monotonic();
    try {
      const call = { operation: "health", method: "GET", path: "/healthz", signal } as const;
      const { headers, text } = await this.#http.text(call);
      const latencyMs = Math.round(this.#clock.monotonic() - start);
      const features = announcedFeatures(headers);
      const isRelay = features !== undefined || text.trim() === "ok";
      return { features, isRelay, latencyMs, dateMs: dateIn(headers) };
    } catch (error) {
      throw this.#silentLine(error);
    }
  }

  /** What an extended relay says of itself; only to be asked where `health` tells features. */
  info(): Promise<RelayInfo> {
    const call = { operation: "relay_info", method: "GET", path: "/v1/relay" } as const;
    return this.#http.shaped(call, RelayInfo);
  }

  /**
   * @param handleHint for the relay's operator; relays ignore it
   * @param options.grants whether the token is to be the owner's alone; 0.5.19 relays ignore it
   */
  async allocate(
    handleHint?: string,
    { grants = false }: { readonly grants?: boolean } = {},
  ): Promise<AllocatedSlot> {
    const reply = await this.#http.shaped({
      operation: "allocate",
      method: "POST",
      path: "/v1/slot/allocate",
      body: JSON.stringify({ handle: handleHint ?? null, ...(grants ? { grants } : {}) }),
    }, AllocateReply);
    return { slotId: reply.slot_id, slotToken: reply.slot_token };
  }

  /** @param eventText the event's stored form; the same again is a duplicate */
  async postEvent(
    slotId: SlotId,
    token: SlotToken,
    eventText: string,
    { signal, wantsReceipt = false }: PostOptions = {},
  ): Promise<Posted> {
    const reply = await this.#http.shaped({
      operation: "post_event",
      method: "POST",
      path: `/v1/events/${slotId}`,
      token,
      body: `{"event":${eventText}}`,
      ...(wantsReceipt ? { headers: { [RECEIPT_HEADER]: this.url } } : {}),
      signal,
    }, PostReply);
    return {
      status: reply.status === "duplicate" ? "duplicate" : "stored",
      eventId: reply.event_id ?? undefined,
      digest: reply.digest,
      fetched: reply.fetched,
      receipt: reply.receipt,
    };
  }

  /**
   * One page, oldest first. A short page never means the last one: ask until it is empty.
   * @returns values which need not be events, with their numbers as they were sent
   */
  async listEvents(slotId: SlotId, token: SlotToken, page: Page): Promise<readonly Json[]> {
    const since = page.since === undefined ? "" : `since=${encodeURIComponent(page.since)}&`;
    const call = {
      operation: "list_events",
      method: "GET",
      path: `/v1/events/${slotId}?${since}limit=${page.limit}`,
      token,
      signal: page.signal,
    } as const;
    const items = await this.#http.json(call, MAX_PAGE_BYTES);
    if (!isJsonArray(items)) throw this.#http.garbage(call.operation, "expected a list of events");
    if (items.length <= page.limit) return items;
    throw this.#http.garbage(call.operation, `${items.length} events, asked for ${page.limit}`);
  }

  slotState(slotId: SlotId, token: SlotToken, signal?: AbortSignal): Promise<SlotState> {
    const path = `/v1/slot/${slotId}/state`;
    return this.#http.shaped(
      { operation: "slot_state", method: "GET", path, token, signal },
      SlotState,
    );
  }

  /** @returns the record as the relay keeps it */
  setResponderHealth(
    slotId: SlotId,
    token: SlotToken,
    record: ResponderHealthRequest,
  ): Promise<ResponderHealth> {
    return this.#http.shaped({
      operation: "responder_health_set",
      method: "POST",
      path: `/v1/slot/${slotId}/responder-health`,
      token,
      body: JSON.stringify(record),
    }, ResponderHealth);
  }

  /**
   * Says when there is something to fetch. Ends when the relay ends it, or quietly when `signal`
   * aborts; 75 s of silence are a TransportError.
   */
  stream(slotId: SlotId, token: SlotToken, signal: AbortSignal): AsyncIterable<StreamSignal> {
    const call = {
      operation: "event_stream",
      method: "GET",
      path: `/v1/events/${slotId}/stream`,
      token,
      accept: "text/event-stream",
    } as const;
    return eventStream(this.#http, this.#clock, { call, signal });
  }

  /** Registers one side's message under a code; the same again gives the same id (on our relays). */
  async pairOpen(
    codeHash: CodeHash,
    role: PairRole,
    { msg, signal }: { readonly msg: string; readonly signal?: AbortSignal },
  ): Promise<PairId> {
    const body = JSON.stringify({ code_hash: codeHash, msg, role });
    const call = {
      operation: "pair_open",
      method: "POST",
      path: "/v1/pair",
      body,
      signal,
    } as const;
    return (await this.#http.shaped(call, PairOpenReply)).pair_id;
  }

  /** What the *other* side has put there. 404 (RelayStatusError): expired or abandoned. */
  async pairGet(pairId: PairId, role: PairRole, signal?: AbortSignal): Promise<PairView> {
    const path = `/v1/pair/${pairId}?as_role=${role}`;
    const call = { operation: "pair_get", method: "GET", path, signal } as const;
    const reply = await this.#http.shaped(call, PairGetReply);
    return {
      peerMsg: reply.peer_msg ?? undefined,
      peerBootstrap: reply.peer_bootstrap ?? undefined,
    };
  }

  async pairBootstrap(
    pairId: PairId,
    role: PairRole,
    { sealed, signal }: { readonly sealed: string; readonly signal?: AbortSignal },
  ): Promise<void> {
    await this.#http.shaped({
      operation: "pair_bootstrap",
      method: "POST",
      path: `/v1/pair/${pairId}/bootstrap`,
      body: JSON.stringify({ role, sealed }),
      signal,
    }, PairBootstrapReply);
  }

  /** Frees the code for both sides; again is the same. */
  async pairAbandon(codeHash: CodeHash, signal?: AbortSignal): Promise<void> {
    const body = JSON.stringify({ code_hash: codeHash });
    const path = "/v1/pair/abandon";
    await this.#http.text({ operation: "pair_abandon", method: "POST", path, body, signal });
  }

  /** The phrases of 0.5.19, with the class of the failure and its whole chain inside. */
  #silentLine(error: unknown): unknown {
    const address = `${this.url}/healthz`;
    if (error instanceof TransportError) {
      const { hint, message } = error;
      return new WireError(
        "unreachable",
        `phyllis: silent line — couldn't reach ${address}: ${message}`,
        { cause: error, ...(hint === undefined ? {} : { hint }) },
      );
    }
    if (!(error instanceof RelayStatusError)) return error;
    return new WireError(
      "relay_status",
      `phyllis: silent line — ${address} returned non-200 (${statusText(error.status)})`,
      { cause: error, hint: `look at what answers there: curl -i ${address}` },
    );
  }
}

function dateIn(headers: Headers): number | undefined {
  const text = headers.get("date");
  const ms = text === null || text.length > 40 ? NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
