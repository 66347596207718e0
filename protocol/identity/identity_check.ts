/**
 * What two people may compare over voice after a pairing: it differs when somebody in the middle
 * replaced a card. See docs/protocol/pairing.md §6.3 (b).
 */
import { hex, sha256 } from "./keys.ts";

const LABEL = new TextEncoder().encode("wire/v1 identity-check");
const CHECK_BYTES = 10;

/** @returns two groups of 20 hex digits with a space between, the same on both sides */
export function identityCheck(ourPublicKey: Uint8Array, peerPublicKey: Uint8Array): string {
  return [half(ourPublicKey), half(peerPublicKey)].sort().join(" ");
}

function half(publicKey: Uint8Array): string {
  const input = new Uint8Array(LABEL.length + publicKey.length);
  input.set(LABEL);
  input.set(publicKey, LABEL.length);
  return hex(sha256(input).subarray(0, CHECK_BYTES));
}
