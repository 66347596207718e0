/**
 * Bodies and answers of the routes of pair/2. Requests are what a relay takes; answers are what a
 * client accepts from a relay it does not trust. See docs/protocol/extensions.md §10.
 */
import { z } from "zod";
import { PairIdSchema, SideTokenSchema } from "./ids.ts";

const hex32 = z.string().regex(/^[0-9a-f]{32}$/);
const instant = z.iso.datetime({ offset: true });
/** 64 KiB of base64. */
const phaseBody = z.string().max(65_536);

/** `POST /v1/pair2` and `POST /v1/pair2/:nameplate`. */
export const Pair2ClaimRequest = z.looseObject({ claim: hex32 });
export type Pair2ClaimRequest = z.infer<typeof Pair2ClaimRequest>;

/** 201, also of `POST /v1/pair2/:pair_id/reopen`. */
export const Pair2SeatReply = z.looseObject({
  nameplate: z.string().regex(/^[0-9]{4,5}$/),
  pair_id: PairIdSchema,
  side: z.enum(["host", "guest"]),
  side_token: SideTokenSchema,
  expires_at: instant,
});
export type Pair2SeatReply = z.infer<typeof Pair2SeatReply>;
/** The same as a relay writes it. */
export type Pair2Seat = z.input<typeof Pair2SeatReply>;

/** `PUT /v1/pair2/:pair_id/:phase`; its length has an answer of its own. */
export const Pair2PutRequest = z.looseObject({ body: z.string() });
export type Pair2PutRequest = z.infer<typeof Pair2PutRequest>;

/** `GET /v1/pair2/:pair_id`, and what `DELETE` answers. */
export const Pair2View = z.looseObject({
  side: z.enum(["host", "guest"]),
  joined: z.boolean(),
  expires_at: instant,
  peer: z.looseObject({
    commit: phaseBody.optional(),
    pake: phaseBody.optional(),
    confirm: phaseBody.optional(),
    card: phaseBody.optional(),
    done: phaseBody.optional(),
  }),
  closed: z.enum(["done", "abandoned", "expired"]).nullable(),
});
export type Pair2View = z.infer<typeof Pair2View>;
