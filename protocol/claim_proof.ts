/**
 * Proof that the holder of a nick wants it to point where a claim says: a card does not sign its
 * mailbox, so whoever has seen the card could else move the nick. See docs/protocol/claims.md.
 */
import { joinBytes } from "./bytes.ts";
import { fromBase64Strict } from "./identity/encoding.ts";
import { type KeyPair, sha256, toBase64, verifySignature } from "./identity/keys.ts";
import { ascii, lengthPrefixed } from "./pair2/encoding.ts";

/** Where a nick is to point. */
export interface ClaimedPlace {
  readonly nick: string;
  readonly slotId: string;
  /** As the claim spells it; null: none. */
  readonly relayUrl: string | null;
}

export interface ClaimProof {
  /** RFC 3339, as it was signed. */
  readonly at: string;
  /** Base64 of 64 bytes. */
  readonly sig: string;
}

/** @param at RFC 3339 */
export const proveClaim = (place: ClaimedPlace, at: string, keys: KeyPair): ClaimProof => ({
  at,
  sig: toBase64(keys.sign(messageOf(place, at))),
});

/** @param publicKey of the claimed card, 32 bytes */
export function isClaimProof(
  place: ClaimedPlace,
  { at, sig }: ClaimProof,
  publicKey: Uint8Array,
): boolean {
  const signature = fromBase64Strict(sig);
  return signature !== undefined && verifySignature(publicKey, messageOf(place, at), signature);
}

const messageOf = ({ nick, slotId, relayUrl }: ClaimedPlace, at: string): Uint8Array =>
  sha256(joinBytes([
    ascii("wire/claim-1"),
    lengthPrefixed(nick),
    lengthPrefixed(slotId),
    lengthPrefixed(relayUrl ?? ""),
    lengthPrefixed(at),
  ]));
