/** Mailboxes and what is in them: docs/protocol/relay.md §5.2 to §5.7. */
import { z } from "zod";
import {
  AllocateReply,
  ListReply,
  PostReply,
  ResponderHealth,
  RetireReply,
  SlotState,
} from "../../protocol/schemas/relay_api.ts";
import { RECEIPT_HEADER, RelayReceipt } from "../../protocol/receipt.ts";
import { type Descriptions, SLOT_ID, TOKEN } from "./description.ts";

const ofThisSlot = { slot_id: "$response.body#/slot_id" };
const event = { body: "hello", from: "did:wire:alice-1e5aaa0a", kind: 1, type: "decision" };
const posted = PostReply.extend({ receipt: RelayReceipt.optional() });
const health = { status: "online", set_at: "2026-11-21T05:00:00Z" };

export const MAIL: Descriptions = {
  "POST /v1/slot/allocate": {
    operationId: "allocate",
    summary: "Make a mailbox; its token is told this once",
    body: { example: { grants: true } },
    replies: {
      201: {
        about: "The mailbox and its token",
        schema: AllocateReply,
        example: { slot_id: SLOT_ID, slot_token: TOKEN },
      },
    },
    links: [
      "postEvent",
      "listEvents",
      "slotState",
      "setResponderHealth",
      "createGrant",
      "listGrants",
      "retireSlot",
    ].map((operation) => ({ operation, parameters: ofThisSlot })),
  },
  "POST /v1/events/:slot_id": {
    operationId: "postEvent",
    summary: "Put an event into a mailbox; the same event_id again is no second one",
    body: {
      schema: z.looseObject({ event: z.looseObject({}) }),
      example: { event },
    },
    headers: {
      [RECEIPT_HEADER]: {
        about: "The URL that the sender uses, if it wants the answer signed by relay_key",
        schema: z.string(),
      },
    },
    replies: {
      201: {
        about: "It is on the disk",
        schema: posted,
        example: { event_id: null, status: "stored" },
      },
      200: {
        about: "It was there already",
        schema: posted,
        example: { digest: "0".repeat(32), event_id: "a", status: "duplicate" },
      },
    },
    refusals: [413, 429],
    links: [{ operation: "listEvents", parameters: { slot_id: "$request.path.slot_id" } }],
  },
  "GET /v1/events/:slot_id": {
    operationId: "listEvents",
    summary: "A page of events, oldest first; a short page need not be the last",
    query: {
      since: { about: "The id after which the page begins", schema: z.string() },
      limit: { about: "At most 1000", schema: z.int().nonnegative().default(100) },
    },
    replies: { 200: { about: "Events as they were stored", schema: ListReply, example: [event] } },
  },
  "GET /v1/events/:slot_id/stream": {
    operationId: "streamEvents",
    summary: "Server-sent events: each event as it is stored, a comment every 30 seconds",
    replies: { 200: { about: "A stream that does not end", type: "text/event-stream" } },
  },
  "GET /v1/ws": {
    operationId: "socket",
    summary: "A WebSocket for all of these at once: subprotocol wire.v1",
    replies: { 101: { about: "Frames of docs/protocol/extensions.md §3 from here on" } },
    refusals: [400, 426],
  },
  "GET /v1/slot/:slot_id/state": {
    operationId: "slotState",
    summary: "How many events there are, when they were fetched, how the responder is",
    replies: {
      200: {
        about: "For a grant: its own events only",
        schema: SlotState,
        example: {
          event_count: 3,
          last_pull_at_unix: 1_795_237_200,
          responder_health: health,
          slot_id: SLOT_ID,
        },
      },
    },
  },
  "POST /v1/slot/:slot_id/responder-health": {
    operationId: "setResponderHealth",
    summary: "Say how the mailbox's responder is",
    body: { example: health },
    replies: {
      200: { about: "What is kept of it", schema: ResponderHealth, example: health },
    },
  },
  "DELETE /v1/slot/:slot_id": {
    operationId: "retireSlot",
    summary: "Close a mailbox for good",
    replies: {
      200: {
        about: "Closed",
        schema: RetireReply,
        example: { slot_id: SLOT_ID, status: "retired" },
      },
    },
  },
};
