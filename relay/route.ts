/**
 * The shape of a route, and the order in which a request is looked at: path, query, body,
 * authentication, route (docs/protocol/relay.md §3.3). A handler holds only its own idea.
 */
import type { z } from "zod";
import { decodeUtf8, JsonError } from "../protocol/json/parse.ts";
import type { Grant } from "../store/slots/grant.ts";
import type { FoundSlot } from "../store/slots/slot_store.ts";
import { authenticate, authenticateOwner, authenticatePoster } from "./auth.ts";
import type { RelayContext } from "./context.ts";
import { type ByteBudget, empty, json, type RelayReply, type RelayRequest } from "./exchange.ts";
import { badJson, bodyTooLarge, notJsonType } from "./framework_errors.ts";
import { type BodyReader, noBody, type QueryReader, type Read } from "./read.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export type Params = Readonly<Record<string, string>>;

/** A request whose route is known and whose path is decoded. */
export interface Incoming {
  readonly request: RelayRequest;
  readonly params: Params;
  readonly query: string;
  /** What limits count it under. */
  readonly source: string;
  readonly budget: ByteBudget;
}

export interface Input<Query, Posted> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Posted;
  readonly source: string;
  /** For routes that authenticate by something else than the path, and for those that HEAD spares. */
  readonly request: RelayRequest;
}

export interface SlotInput<Query, Posted> extends Input<Query, Posted> {
  /** The slot named in the path, whose token the caller holds. */
  readonly slot: FoundSlot;
}

export interface PosterInput<Query, Posted> extends SlotInput<Query, Posted> {
  /** Whose token it is; undefined: the slot's own. */
  readonly grant: Grant | undefined;
}

interface RouteShape<Query, Posted> {
  readonly method: Method;
  readonly path: string;
  /** Makes something that outlives the request: limited per source. */
  readonly isCreating?: boolean;
  readonly query: QueryReader<Query>;
  readonly body: BodyReader<Posted>;
}

export interface PublicRoute<Query, Posted> extends RouteShape<Query, Posted> {
  run(context: RelayContext, input: Input<Query, Posted>): Promise<RelayReply> | RelayReply;
}

export interface SlotRoute<Query, Posted> extends RouteShape<Query, Posted> {
  run(context: RelayContext, input: SlotInput<Query, Posted>): Promise<RelayReply> | RelayReply;
}

export interface PosterRoute<Query, Posted> extends RouteShape<Query, Posted> {
  run(context: RelayContext, input: PosterInput<Query, Posted>): Promise<RelayReply> | RelayReply;
}

export type Auth = "none" | "slot" | "owner" | "poster";

/** Any route, as the frame sees it. */
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly isCreating: boolean;
  /** Whose token it wants: the slot's own, one that is nobody else's, or a grant's too. */
  readonly auth: Auth;
  /** Of its body, if it has one. */
  readonly bodySchema: z.ZodType | undefined;
  answer(context: RelayContext, incoming: Incoming): Promise<RelayReply>;
}

/** A route that anybody may call. */
export function publicRoute<Query, Posted>(route: PublicRoute<Query, Posted>): Route {
  return framed(route, "none", (context, _incoming, input) => route.run(context, input));
}

/** A route for whoever holds the token of the slot in the path. */
export function slotRoute<Query, Posted>(route: SlotRoute<Query, Posted>): Route {
  return framed(route, "slot", async (context, { request, params }, input) => {
    const slot = await authenticate(context.store, params["slot_id"] ?? "", request);
    return slot.ok ? await route.run(context, { ...input, slot: slot.value }) : slot.reply;
  });
}

/** A route for whoever holds the token of a slot of class owner. */
export function ownerRoute<Query, Posted>(route: SlotRoute<Query, Posted>): Route {
  return framed(route, "owner", async (context, { request, params }, input) => {
    const slot = await authenticateOwner(context.store, params["slot_id"] ?? "", request);
    return slot.ok ? await route.run(context, { ...input, slot: slot.value }) : slot.reply;
  });
}

/** A route for the token of the slot in the path and for its grants. */
export function posterRoute<Query, Posted>(route: PosterRoute<Query, Posted>): Route {
  return framed(route, "poster", async (context, { request, params }, input) => {
    const { store, clock } = context;
    const now = clock.now();
    const bearer = await authenticatePoster(store, params["slot_id"] ?? "", { request, now });
    return bearer.ok ? await route.run(context, { ...input, ...bearer.value }) : bearer.reply;
  });
}

/** Most requests have none; it is only ever read. */
const NO_QUERY = new URLSearchParams();

function framed<Query, Posted>(
  route: RouteShape<Query, Posted>,
  auth: Auth,
  run: (
    context: RelayContext,
    incoming: Incoming,
    input: Input<Query, Posted>,
  ) => Promise<RelayReply> | RelayReply,
): Route {
  return {
    method: route.method,
    path: route.path,
    isCreating: route.isCreating === true,
    auth,
    bodySchema: route.body.schema,
    async answer(context, incoming) {
      const query = route.query(
        incoming.query === "" ? NO_QUERY : new URLSearchParams(incoming.query),
      );
      if (!query.ok) return query.reply;
      const { params, source, request } = incoming;
      const withBody = (body: Posted): Promise<RelayReply> | RelayReply =>
        run(context, incoming, { params, source, request, query: query.value, body });
      if (route.body === noBody) {
        const nothing = route.body("");
        return nothing.ok ? await withBody(nothing.value) : nothing.reply;
      }
      return await posted(context, incoming, route.body, withBody);
    },
  };
}

/** JSON by name: `application/json`, with parameters, and `application/*+json`. */
const JSON_TYPE = /^application\/(?:[^;\s]+\+)?json\s*(?:;|$)/i;

async function posted<Posted>(
  { limits }: RelayContext,
  { request, budget }: Incoming,
  reader: BodyReader<Posted>,
  run: (body: Posted) => Promise<RelayReply> | RelayReply,
): Promise<RelayReply> {
  if (!JSON_TYPE.test(request.header("content-type") ?? "")) return notJsonType();
  const body = await request.readBody(limits.maxBodyBytes, budget);
  if (!body.ok) {
    if (body.reason === "too_large") return bodyTooLarge();
    if (body.reason === "busy") return json(503, { error: "relay is busy" });
    return empty(400);
  }
  try {
    const read = readText(body.bytes, reader);
    return read.ok ? await run(read.value) : read.reply;
  } finally {
    budget.give(body.bytes.length);
  }
}

function readText<Posted>(bytes: Uint8Array, reader: BodyReader<Posted>): Read<Posted> {
  let text: string;
  try {
    text = decodeUtf8(bytes);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { ok: false, reply: badJson(error.message) };
  }
  return reader(text);
}
