/** What a relay takes as the proof of a claim. See docs/protocol/claims.md. */
import { type ClaimedPlace, type ClaimProof, isClaimProof } from "../protocol/claim_proof.ts";
import type { EpochMs } from "../protocol/ids.ts";
import { instantMs } from "../protocol/text/instant.ts";
import { json } from "./exchange.ts";
import type { Read } from "./read.ts";

/** A clock may be so far ahead of ours; one from later would lock its owner out until then. */
const MAX_AHEAD_MS = 600_000;

export interface Prover {
  /** Of the claimed card, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly now: EpochMs;
}

/** @returns when it was signed; undefined without one, as other clients claim */
export function provedAt(
  place: ClaimedPlace,
  proof: ClaimProof | undefined,
  { publicKey, now }: Prover,
): Read<EpochMs | undefined> {
  if (proof === undefined) return { ok: true, value: undefined };
  const at = instantMs(proof.at);
  if (at === undefined || !isClaimProof(place, proof, publicKey)) {
    return { ok: false, reply: json(400, { error: "the proof does not fit the claim" }) };
  }
  if (at > now + MAX_AHEAD_MS) {
    const shown = Temporal.Instant.fromEpochMilliseconds(now).toString();
    return { ok: false, reply: json(400, { error: "the proof is from the future", now: shown }) };
  }
  return { ok: true, value: at };
}
