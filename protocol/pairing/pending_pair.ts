/**
 * The record of one pairing as it stands in `pending-pair/<code>.json`: the members of 0.5.19 in
 * their order, so that either program can go on with it, and behind them what only ours keeps.
 * See docs/protocol/pairing.md §11.1–11.2.
 */
import { z } from "zod";
import { PairRole } from "../schemas/relay_api.ts";

export { PairRole };

export const PAIR_STATUSES = [
  "request_host",
  "request_guest",
  "polling",
  "sas_ready",
  "confirmed",
  "aborted",
  "aborted_restart",
] as const;
export type PairStatus = typeof PAIR_STATUSES[number];

/** What was proved when the digits were confirmed (docs/protocol/extensions.md §14 ruling 9). */
export const SAS_PROOFS = ["typed", "unproved"] as const;
export type SasProof = typeof SAS_PROOFS[number];

/** 0.5.19 reads a missing member as null. */
const text = z.string().nullable().default(null);

/** What we need beyond 0.5.19's members to repeat a step after a crash. 0.5.19 drops it. */
export const PairResume = z.object({
  /** The peer's SPAKE2 message, base64: the digits belong to it, whatever the relay says later. */
  peer_msg: z.string().optional(),
  confirmed_at: z.string().optional(),
  sas_proof: z.enum(SAS_PROOFS).optional(),
  /** Our sealed bootstrap, base64: the same bytes are posted again after a crash. */
  sealed: z.string().optional(),
  published: z.boolean().optional(),
  /** The pair slot on the relay is still to be given up. */
  abandon_due: z.boolean().optional(),
});
export type PairResume = z.output<typeof PairResume>;

export const PendingPair = z.object({
  /** Shown to people and part of the file's name: nothing but what a code phrase is made of. */
  code: z.string().regex(/^[A-Za-z0-9-]+$/, "expected a code phrase"),
  code_hash: z.string(),
  role: PairRole,
  relay_url: z.string(),
  status: z.enum(PAIR_STATUSES),
  /** Six digits without a dash. */
  sas: z.string().regex(/^[0-9]{6}$/, "expected six digits").nullable().default(null),
  peer_did: text,
  /** RFC 3339. */
  created_at: z.string(),
  last_error: text,
  pair_id: text,
  our_slot_id: text,
  /** A secret. */
  our_slot_token: text,
  /** A secret: 32 bytes, base64. */
  spake2_seed_b64: text,
  resume: PairResume.optional(),
});
export type PendingPair = z.output<typeof PendingPair>;
