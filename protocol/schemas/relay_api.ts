/**
 * Bodies and answers of the relay's routes. Requests are what a relay takes, so their strings are
 * as wide as the route tables; answers are what a client accepts from a relay it does not trust.
 * See docs/protocol/relay.md §5 and docs/protocol/extensions.md §1.
 */
import { z } from "zod";
import { isRfc3339 } from "../event/rfc3339.ts";
import { PairIdSchema, SlotIdSchema, SlotTokenSchema } from "./ids.ts";

const count = z.int().nonnegative();
const optionalText = z.string().nullish();

/** `POST /v1/slot/allocate`; the handle is a hint that relays ignore. */
export const AllocateRequest = z.looseObject({
  handle: optionalText,
  grants: z.boolean().optional(),
});
export type AllocateRequest = z.infer<typeof AllocateRequest>;

/** 201. */
export const AllocateReply = z.looseObject({
  slot_id: SlotIdSchema,
  slot_token: SlotTokenSchema,
});
export type AllocateReply = z.infer<typeof AllocateReply>;

/** 201 stored, 200 duplicate; any other word than `duplicate` means stored. */
export const PostReply = z.looseObject({
  event_id: optionalText,
  status: z.string(),
  digest: z.string().regex(/^[0-9a-f]{32}$/).optional(),
  /** To grants of a class owner slot: whether the owner's ack has passed it. */
  fetched: z.boolean().optional(),
  /** To those who ask; checked by protocol/receipt.ts, and never a reason to drop the answer. */
  receipt: z.unknown().optional(),
});
export type PostReply = z.infer<typeof PostReply>;

/** `GET /v1/events/:slot_id`: at most 1,000 values, which need not be events. */
export const ListReply = z.array(z.unknown()).max(1000);
export type ListReply = z.infer<typeof ListReply>;

/** `POST /v1/slot/:slot_id/responder-health`. */
export const ResponderHealthRequest = z.looseObject({
  status: z.string(),
  reason: optionalText,
  last_success_at: optionalText,
  set_at: z.string(),
});
export type ResponderHealthRequest = z.infer<typeof ResponderHealthRequest>;

/** The stored record, in this order, absent members left out. */
export const ResponderHealth = z.looseObject({
  status: z.string(),
  reason: z.string().optional(),
  last_success_at: z.string().optional(),
  set_at: z.string(),
});
export type ResponderHealth = z.infer<typeof ResponderHealth>;

/** `GET /v1/slot/:slot_id/state`. */
export const SlotState = z.looseObject({
  event_count: count,
  last_pull_at_unix: count.nullable(),
  responder_health: ResponderHealth.nullable(),
  slot_id: z.string(),
});
export type SlotState = z.infer<typeof SlotState>;

const rfc3339 = z.string().refine(isRfc3339, "expected an RFC 3339 time")
  .meta({ format: "date-time" });
const limit = z.int().positive();
const label = z.string().refine((text) => [...text].length <= 64, "expected at most 64 characters");

/** `PATCH /v1/slot/:slot_id/grants/:grant_id`: what is left out stays as it is. */
export const GrantLimitsRequest = z.looseObject({
  max_event_bytes: limit.nullish(),
  max_events_per_hour: limit.nullish(),
  max_bytes: limit.nullish(),
  expires_at: rfc3339.nullish(),
});
export type GrantLimitsRequest = z.infer<typeof GrantLimitsRequest>;

/** `POST /v1/slot/:slot_id/grants`; see docs/protocol/extensions.md §2. */
export const GrantRequest = GrantLimitsRequest.extend({
  label: label.nullish(),
  can: z.tuple([z.literal("post")]).nullish(),
});
export type GrantRequest = z.infer<typeof GrantRequest>;

const grantName = z.string().regex(/^[0-9a-f]{16}$/);

/** 201; the token is shown this once. */
export const GrantReply = z.looseObject({
  grant_id: grantName,
  token: SlotTokenSchema,
  label: z.string().nullable(),
  can: z.array(z.string()),
});
export type GrantReply = z.infer<typeof GrantReply>;

/** One grant as its owner sees it. */
export const GrantRow = z.looseObject({
  grant_id: grantName,
  label: z.string().nullable(),
  can: z.array(z.string()),
  created_at: z.string(),
  last_used_at: z.string().nullable(),
  events: count,
  bytes: count,
  limits: z.looseObject({
    max_event_bytes: count,
    max_events_per_hour: count,
    max_bytes: count,
    expires_at: z.string().nullable(),
  }),
  revoked_at: z.string().nullable(),
});
export type GrantRow = z.infer<typeof GrantRow>;

/** `GET /v1/slot/:slot_id/grants`, in order of creation. */
export const GrantsReply = z.looseObject({ grants: z.array(GrantRow) });
export type GrantsReply = z.infer<typeof GrantsReply>;

/** `DELETE /v1/slot/:slot_id`. */
export const RetireReply = z.looseObject({ slot_id: SlotIdSchema, status: z.literal("retired") });
export type RetireReply = z.infer<typeof RetireReply>;

export const PairRole = z.enum(["host", "guest"]);
export type PairRole = z.infer<typeof PairRole>;

/** `POST /v1/pair`; a role that is neither has an answer of its own, so it is a string here. */
export const PairOpenRequest = z.looseObject({
  code_hash: z.string(),
  msg: z.string(),
  role: z.string(),
});
export type PairOpenRequest = z.infer<typeof PairOpenRequest>;

export const PairOpenReply = z.looseObject({ pair_id: PairIdSchema });
export type PairOpenReply = z.infer<typeof PairOpenReply>;

/** `GET /v1/pair/:pair_id?as_role=…`: what the other side has put there. */
export const PairGetReply = z.looseObject({
  peer_bootstrap: z.string().nullable(),
  peer_msg: z.string().nullable(),
});
export type PairGetReply = z.infer<typeof PairGetReply>;

/** `POST /v1/pair/:pair_id/bootstrap`. */
export const PairBootstrapRequest = z.looseObject({ role: z.string(), sealed: z.string() });
export type PairBootstrapRequest = z.infer<typeof PairBootstrapRequest>;

export const PairBootstrapReply = z.looseObject({ ok: z.literal([true]) });
export type PairBootstrapReply = z.infer<typeof PairBootstrapReply>;

/** `POST /v1/pair/abandon`; the answer is an empty 204. */
export const PairAbandonRequest = z.looseObject({ code_hash: z.string() });
export type PairAbandonRequest = z.infer<typeof PairAbandonRequest>;

/** `GET /v1/relay`: what an extended relay says of itself; a 0.5.19 one has no such route. */
export const RelayInfo = z.looseObject({
  name: z.string(),
  version: z.string(),
  protocol: z.string(),
  features: z.array(z.string()),
  relay_key: z.string().nullable(),
  limits: z.looseObject({
    max_event_bytes: count,
    max_slot_bytes: count,
    max_batch: count,
    max_frame_bytes: count,
    retention_days: count.nullable(),
  }),
});
export type RelayInfo = z.infer<typeof RelayInfo>;

/** `POST /v1/handle/claim`; authenticated by the token of that slot. */
export const ClaimRequest = z.looseObject({
  nick: z.string(),
  slot_id: z.string(),
  card: z.unknown(),
  relay_url: optionalText,
  discoverable: z.boolean().nullish(),
  /** docs/protocol/claims.md */
  proof: z.object({ at: z.string().max(40), sig: z.string().max(100) }).nullish(),
});
export type ClaimRequest = z.infer<typeof ClaimRequest>;

/** `POST /v1/invite/register`; `uses` null or absent: any number. */
export const InviteRegisterRequest = z.looseObject({
  invite_url: z.string(),
  ttl_seconds: z.number().nonnegative().refine(Number.isInteger).nullish(),
  uses: z.int().nonnegative().max(2 ** 32 - 1).nullish(),
});
export type InviteRegisterRequest = z.infer<typeof InviteRegisterRequest>;
