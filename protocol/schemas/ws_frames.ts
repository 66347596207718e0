/**
 * Frames of the WebSocket, one JSON object each, both ways. Requests are what a relay takes;
 * the others are what a client accepts from a relay it does not trust.
 * See docs/protocol/extensions.md §3.
 */
import { z } from "zod";
import { PairRole } from "./relay_api.ts";

/** Offered by the client at the upgrade; without it the relay answers 400. */
export const WS_SUBPROTOCOL = "wire.v1";
export const WS_PATH = "/v1/ws";
/** Events of one `publish` frame. */
export const MAX_BATCH = 256;
/** Of one frame, in either direction. */
export const MAX_FRAME_BYTES = 1_048_576;
/**
 * Containers inside each other: an event may have 126 levels, and three lie around it in an `events`
 * frame. Whoever reads those with less loses a mailbox to one deep event.
 */
export const MAX_FRAME_DEPTH = 129;
/** Pairings watched on one connection. */
export const MAX_PAIR_WATCHES = 8;
/** Slots open on one connection. */
export const MAX_OPEN_SLOTS = 256;

/** Why a connection ends; both sides understand these. */
export const WS_CLOSE = {
  normal: 1000,
  badText: 1007,
  /** Not authenticated in time, or too many errors. */
  policy: 1008,
  tooLarge: 1009,
  /** The connection lay idle. */
  away: 1001,
  /** The relay stops: come back. */
  restart: 1012,
} as const;

const ref = z.int();
const count = z.int().nonnegative();
const place = z.int().positive();

/** A token that may read; `since` wins over `since_seq`, and both are exclusive. */
export const OpenFrame = z.looseObject({
  op: z.literal("open"),
  ref,
  slot: z.string(),
  token: z.string(),
  since: z.string().nullish(),
  since_seq: count.optional(),
});
export type OpenFrame = z.infer<typeof OpenFrame>;

/** What stands in `events` is kept in its stored form apart from this shape. */
export const PublishFrame = z.looseObject({
  op: z.literal("publish"),
  ref,
  slot: z.string(),
  token: z.string(),
  events: z.array(z.unknown()).min(1).max(MAX_BATCH),
  /** The URL that the sender uses, if it wants receipts: docs/protocol/receipts.md. */
  receipt: z.string().nullish(),
});
export type PublishFrame = z.infer<typeof PublishFrame>;

/** Never answered, unless it is wrong. */
export const AckFrame = z.looseObject({ op: z.literal("ack"), slot: z.string(), seq: count });
export type AckFrame = z.infer<typeof AckFrame>;

/** With `as_role` a pairing of the 0.5.19 form, with a side's `token` one of pair/2. */
export const PairFrame = z.looseObject({
  op: z.literal("pair"),
  ref,
  pair_id: z.string(),
  as_role: PairRole.optional(),
  token: z.string().optional(),
}).refine(
  ({ as_role, token }) => (as_role === undefined) !== (token === undefined),
  "expected either as_role or token",
);
export type PairFrame = z.infer<typeof PairFrame>;

export const CloseFrame = z.looseObject({ op: z.literal("close"), ref, slot: z.string() });
export type CloseFrame = z.infer<typeof CloseFrame>;

export const PingFrame = z.looseObject({ op: z.literal("ping"), ref });
export type PingFrame = z.infer<typeof PingFrame>;

export const ClientFrame = z.discriminatedUnion("op", [
  OpenFrame,
  PublishFrame,
  AckFrame,
  PairFrame,
  CloseFrame,
  PingFrame,
]);
export type ClientFrame = z.infer<typeof ClientFrame>;

/** `count` events follow as the backlog; `reset`: from the start, as the cursor was not known. */
export const OpenedFrame = z.looseObject({
  op: z.literal("opened"),
  ref,
  slot: z.string(),
  count,
  reset: z.boolean().optional(),
});
export type OpenedFrame = z.infer<typeof OpenedFrame>;

/** In the order of the slot; `via` names the grant it came with, and is not signed. */
export const EventsFrame = z.looseObject({
  op: z.literal("events"),
  slot: z.string(),
  events: z.array(z.looseObject({
    event: z.unknown(),
    seq: place,
    via: z.string().nullable(),
  })),
});
export type EventsFrame = z.infer<typeof EventsFrame>;

/** The backlog is sent; what follows has just been stored. */
export const LiveFrame = z.looseObject({ op: z.literal("live"), slot: z.string() });
export type LiveFrame = z.infer<typeof LiveFrame>;

export const WS_ERROR_CODES = [
  "unauthorized",
  "forbidden",
  "not_found",
  "too_large",
  "rate_limited",
  "bad_frame",
  "busy",
] as const;
export type WsErrorCode = typeof WS_ERROR_CODES[number];

/** A code that is not known here is as good as its `http` status. */
const failure = {
  code: z.string(),
  message: z.string(),
  /** What the route over HTTP would answer. */
  http: z.int().min(100).max(599),
};

/** One event of a `publish`: durable, or refused. */
export const PublishResult = z.union([
  z.looseObject({
    event_id: z.string().nullable(),
    status: z.enum(["stored", "duplicate"]),
    /** To full tokens. */
    seq: place.optional(),
    /** First 32 hex digits of the SHA-256 of what is stored under that id. */
    digest: z.string().regex(/^[0-9a-f]{32}$/).optional(),
    /** To grants of a class owner slot: whether the owner's ack has passed it. */
    fetched: z.boolean().optional(),
    /** To those who ask; checked by protocol/receipt.ts, and never a reason to drop the answer. */
    receipt: z.unknown().optional(),
  }),
  z.looseObject({ event_id: z.string().nullable(), error: z.looseObject(failure) }),
]);
export type PublishResult = z.infer<typeof PublishResult>;

/** As many results as the frame had events, in its order. */
export const PublishedFrame = z.looseObject({
  op: z.literal("published"),
  ref,
  results: z.array(PublishResult),
});
export type PublishedFrame = z.infer<typeof PublishedFrame>;

/**
 * Now and at each change, with the members of the body that GET has: `PairGetReply`, at the end with
 * `"closed":"gone"`, or `Pair2View`.
 */
export const PairNewsFrame = z.looseObject({
  op: z.literal("pair"),
  ref,
  pair_id: z.string(),
});
export type PairNewsFrame = z.infer<typeof PairNewsFrame>;

export const ClosedFrame = z.looseObject({ op: z.literal("closed"), ref, slot: z.string() });
export type ClosedFrame = z.infer<typeof ClosedFrame>;

export const PongFrame = z.looseObject({ op: z.literal("pong"), ref });
export type PongFrame = z.infer<typeof PongFrame>;

/** Without `ref` and with `slot`: that slot's subscription is over, the connection is not. */
export const ErrorFrame = z.looseObject({
  op: z.literal("error"),
  ref: ref.optional(),
  slot: z.string().optional(),
  ...failure,
});
export type ErrorFrame = z.infer<typeof ErrorFrame>;

export const RelayFrame = z.discriminatedUnion("op", [
  OpenedFrame,
  EventsFrame,
  LiveFrame,
  PublishedFrame,
  PairNewsFrame,
  ClosedFrame,
  PongFrame,
  ErrorFrame,
]);
export type RelayFrame = z.infer<typeof RelayFrame>;
