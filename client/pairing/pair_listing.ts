/**
 * A pairing as listings show it: the record without seed and token, which never leave the disk.
 * See docs/protocol/cli.md §3.3 and docs/protocol/pairing.md §12.
 */
import { z } from "zod";
import { pairOf } from "../../protocol/pairing/pair_record.ts";
import { expiresAt, isEnded } from "../../protocol/pairing/pair_state.ts";
import { PAIR_STATUSES, PairRole, type PendingPair } from "../../protocol/pairing/pending_pair.ts";

const text = z.string().nullable();

/** Which of the two: codes of 0.5.19, or those of docs/protocol/extensions.md §10. */
export const PairForm = z.enum(["pair/2", "0.5.19"]);

/** `finalized`: a pair/2 record stays for a while after its peer was pinned. */
const LISTED = [...PAIR_STATUSES, "finalized"] as const;

/** In this order. */
export const PairListing = z.object({
  code: z.string(),
  /** The old form only: the words of pair/2 are never hashed for anybody. */
  code_hash: text,
  role: PairRole,
  relay_url: z.string(),
  status: z.enum(LISTED),
  /** Six digits without a dash. */
  sas: text,
  peer_did: text,
  created_at: z.string(),
  last_error: text,
  pair_id: text,
  our_slot_id: text,
  /** RFC 3339: when it ends if nothing more happens; null once it has ended. */
  expires_at: text,
  form: PairForm,
  /** What a confirmed pairing still needs before the peer is verified. */
  waiting_for: text,
});
export type PairListing = z.output<typeof PairListing>;
export type PairListingStatus = PairListing["status"];

export function pairListing(record: PendingPair): PairListing {
  const { our_slot_token: _token, spake2_seed_b64: _seed, resume: _resume, ...shown } = record;
  return { ...shown, expires_at: pairExpiry(record), form: "0.5.19", waiting_for: null };
}

/** RFC 3339, or null for what has ended or makes no sense. */
export function pairExpiry(record: PendingPair): string | null {
  const read = pairOf(record);
  if (!read.ok || isEnded(read.state)) return null;
  return Temporal.Instant.fromEpochMilliseconds(expiresAt(read.state)).toString();
}
