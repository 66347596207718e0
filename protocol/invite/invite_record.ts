/**
 * What a home keeps of the invites that it issued: the file of 0.5.19, which that program changes
 * too, and our own account, which outlives it. Both name the invite by its nonce.
 * See docs/protocol/pairing.md §14.2 and §14.5.
 */
import { z } from "zod";

declare const brand: unique symbol;
/** 64 lower-case hex digits: safe as a file name, and the only thing that names an invite. */
export type InviteNonce = string & { readonly [brand]: "InviteNonce" };

export const isInviteNonce = (text: unknown): text is InviteNonce =>
  typeof text === "string" && /^[0-9a-f]{64}$/.test(text);

const MAX_USES = 2 ** 32 - 1;
const nonce = z.string().refine(isInviteNonce, "expected 64 hex digits");
/** Unix seconds; the invite is good through this second. */
const exp = z.int().nonnegative();

/** `pending-invites/<nonce>.json`, members in this order. */
export const PendingInvite = z.looseObject({
  nonce,
  exp,
  uses_remaining: z.int().min(0).max(MAX_USES),
  /** DIDs; 0.5.19 leaves out whoever took the last use. */
  accepted_by: z.array(z.string()),
  /** RFC 3339. */
  created_at: z.string(),
});
export type PendingInvite = z.output<typeof PendingInvite>;

/**
 * Ours: one use for each DID, written before the file of 0.5.19 is touched. It stays when that file
 * is gone, so that a nonce is remembered as spent or expired.
 */
export const InviteAccount = z.object({
  nonce,
  exp,
  /** How many DIDs may use it. */
  uses: z.int().min(1).max(MAX_USES),
  accepted: z.array(z.object({
    did: z.string(),
    at: z.string(),
    /** The pin that it earned was made: from now on there is nothing left to repeat. */
    pinned: z.boolean().optional(),
  })),
});
export type InviteAccount = z.output<typeof InviteAccount>;
