/** Rendezvous of two who pair: docs/protocol/relay.md §5.8, docs/protocol/extensions.md §10. */
import { z } from "zod";
import { Pair2SeatReply, Pair2View } from "../../protocol/schemas/pair2_api.ts";
import { PairGetReply, PairOpenReply, PairRole } from "../../protocol/schemas/relay_api.ts";
import { type Descriptions, PAIR_ID } from "./description.ts";

const role = PairRole;
const message = z.string().max(4_096);
const base64 = z.string().regex(
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==)?$/,
)
  .max(65_536);
const seat = {
  expires_at: "2026-11-21T05:10:00Z",
  nameplate: "4821",
  pair_id: PAIR_ID,
  side: "host",
  side_token: "0".repeat(32),
};
const view = { closed: null, expires_at: seat.expires_at, joined: false, peer: {}, side: "host" };
const here = { pair_id: "$response.body#/pair_id" };
const PAIR = "^[0-9a-f]{32}$";
const meeting = { place: "$response.body#/pair_id" };

export const PAIRING: Descriptions = {
  "POST /v1/pair": {
    operationId: "pairOpen",
    summary: "Open a pair slot, or come to one (the form of 0.5.19)",
    body: {
      schema: z.looseObject({ code_hash: message, msg: message, role }),
      example: { code_hash: "0".repeat(64), msg: "AAAA", role: "host" },
    },
    replies: {
      201: { about: "The pair slot", schema: PairOpenReply, example: { pair_id: PAIR_ID } },
    },
    refusals: [409],
    links: [
      { operation: "pairGet", parameters: here },
      { operation: "pairBootstrap", parameters: here },
    ],
  },
  "POST /v1/pair/abandon": {
    operationId: "pairAbandon",
    summary: "Forget a pair slot",
    body: { example: { code_hash: "0".repeat(64) } },
    replies: { 204: { about: "It is not there any more" } },
  },
  "GET /v1/pair/:pair_id": {
    operationId: "pairGet",
    summary: "What the other side has left",
    query: { as_role: { about: "Which side asks", schema: role, isRequired: true } },
    replies: {
      200: {
        about: "Null where there is nothing yet",
        schema: PairGetReply,
        example: { peer_bootstrap: null, peer_msg: "AAAA" },
      },
    },
    refusals: [404],
  },
  "POST /v1/pair/:pair_id/bootstrap": {
    operationId: "pairBootstrap",
    summary: "Leave the sealed card for the other side",
    body: {
      schema: z.looseObject({ role, sealed: z.string().max(65_536) }),
      example: { role: "guest", sealed: "AAAA" },
    },
    replies: {
      201: {
        about: "Kept",
        schema: z.looseObject({ ok: z.literal([true]) }),
        example: { ok: true },
      },
    },
    refusals: [404, 409],
  },
  "POST /v1/pair2": {
    operationId: "pair2Host",
    summary: "Ask for a nameplate; the same claim gets the same answer",
    body: { example: { claim: "0".repeat(32) } },
    replies: { 201: { about: "The host's seat", schema: Pair2SeatReply, example: seat } },
    links: [
      { operation: "pair2Guest", parameters: { place: "$response.body#/nameplate" } },
      { operation: "pair2Look", parameters: meeting },
      { operation: "pair2Put", parameters: { ...meeting, step: "commit" } },
    ],
  },
  "POST /v1/pair2/:place": {
    operationId: "pair2Guest",
    path: { place: "^[0-9]{4,5}$" },
    summary: "Come to a nameplate as its guest",
    body: { example: { claim: "1".repeat(32) } },
    replies: {
      201: {
        about: "The guest's seat",
        schema: Pair2SeatReply,
        example: { ...seat, side: "guest" },
      },
    },
    refusals: [404, 409, 429],
  },
  "GET /v1/pair2/:place": {
    operationId: "pair2Look",
    path: { place: PAIR },
    summary: "What the other side has said; place is a pair_id",
    auth: "side",
    replies: { 200: { about: "The meeting from this side", schema: Pair2View, example: view } },
  },
  "DELETE /v1/pair2/:place": {
    operationId: "pair2Close",
    path: { place: PAIR },
    summary: "Close a meeting; again is no error",
    auth: "side",
    replies: {
      200: {
        about: "As it was closed",
        schema: Pair2View,
        example: { ...view, closed: "abandoned" },
      },
    },
  },
  "PUT /v1/pair2/:place/:step": {
    operationId: "pair2Put",
    path: { place: PAIR, step: "^(?:commit|pake|confirm|card|done)$" },
    summary: "Say a phase (commit, pake, confirm, card, done), once",
    auth: "side",
    body: { schema: z.looseObject({ body: base64 }), example: { body: "AAAA" } },
    replies: {
      201: {
        about: "Kept",
        schema: z.looseObject({ phase: z.string() }),
        example: { phase: "pake" },
      },
      200: {
        about: "The same bytes were there",
        schema: z.looseObject({ phase: z.string() }),
        example: { phase: "pake" },
      },
    },
    refusals: [409, 410],
  },
  "POST /v1/pair2/:place/:step": {
    operationId: "pair2Reopen",
    path: { place: PAIR, step: "^reopen$" },
    summary: "Begin a meeting anew at the same nameplate; step is reopen",
    auth: "side",
    replies: { 201: { about: "The host's new seat", schema: Pair2SeatReply, example: seat } },
    refusals: [409, 410],
  },
};
