/** Tokens for peers that may only post: docs/protocol/extensions.md §2. */
import { GrantReply, GrantRow, GrantsReply } from "../../protocol/schemas/relay_api.ts";
import { type Descriptions, TOKEN } from "./description.ts";

const id = "0123456789abcdef";
const row = {
  bytes: 0,
  can: ["post"],
  created_at: "2026-11-21T05:00:00Z",
  events: 0,
  grant_id: id,
  label: "bob",
  last_used_at: null,
  limits: {
    expires_at: null,
    max_bytes: 16_777_216,
    max_event_bytes: 262_144,
    max_events_per_hour: 3_600,
  },
  revoked_at: null,
};
const ofThisGrant = { slot_id: "$request.path.slot_id", grant_id: "$response.body#/grant_id" };

export const GRANTS: Descriptions = {
  "POST /v1/slot/:slot_id/grants": {
    operationId: "createGrant",
    summary: "Make a token with which one peer may post; told this once",
    body: { example: { label: "bob", max_events_per_hour: 600 } },
    replies: {
      201: {
        about: "The grant and its token",
        schema: GrantReply,
        example: { can: ["post"], grant_id: id, label: "bob", token: TOKEN },
      },
    },
    refusals: [409],
    links: [
      { operation: "changeGrant", parameters: ofThisGrant },
      { operation: "revokeGrant", parameters: ofThisGrant },
    ],
  },
  "GET /v1/slot/:slot_id/grants": {
    operationId: "listGrants",
    summary: "Every grant, revoked ones too, in order of creation",
    replies: {
      200: { about: "Without their tokens", schema: GrantsReply, example: { grants: [row] } },
    },
  },
  "PATCH /v1/slot/:slot_id/grants/:grant_id": {
    operationId: "changeGrant",
    summary: "Change the limits that are named",
    body: { example: { max_bytes: 33_554_432, expires_at: null } },
    replies: { 200: { about: "As it is now", schema: GrantRow, example: row } },
    refusals: [409],
  },
  "DELETE /v1/slot/:slot_id/grants/:grant_id": {
    operationId: "revokeGrant",
    summary: "Revoke a grant: after the answer nothing more lands under it",
    replies: {
      200: {
        about: "The revoked grant",
        schema: GrantRow,
        example: { ...row, revoked_at: "2026-11-21T06:00:00Z" },
      },
    },
  },
};
