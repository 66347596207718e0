/**
 * The phase `confirm` of pair/2: proof of the same words, then the identity key that was committed
 * to, with a signature that its owner is here. tag 32 ‖ nonce 12 ‖ box 144 = 188 bytes.
 * See docs/protocol/extensions.md §10.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { isSmallOrder, type KeyPair, sameKey, verifySignature } from "../identity/keys.ts";
import { concat } from "../pairing/bytes.ts";
import { keyCommitment, possessionMessage, type Shared, subkey } from "./encoding.ts";
import type { Side } from "./side.ts";
import { NONCE_BYTES, openBound, sealBound } from "./sealed.ts";

const MAC_BYTES = 32;
const KEY_BYTES = 32;
const R_BYTES = 32;
export const CONFIRM_BYTES = 188;

export interface ConfirmInput {
  readonly side: Side;
  readonly shared: Shared;
  readonly keys: KeyPair;
  /** 32 bytes, as in the commitment. */
  readonly r: Uint8Array;
  /** 12 random bytes. */
  readonly nonce: Uint8Array;
}

/** @returns {@linkcode CONFIRM_BYTES} bytes */
export function makeConfirm({ side, shared, keys, r, nonce }: ConfirmInput): Uint8Array {
  const signature = keys.sign(possessionMessage(side, shared.th));
  const sealing = { key: subkey(shared, `id ${side}`), th: shared.th };
  const sealed = sealBound(sealing, nonce, concat(keys.publicKey, r, signature));
  return concat(confirmTag(side, shared, sealed), sealed);
}

function confirmTag(side: Side, shared: Shared, sealed: Uint8Array): Uint8Array {
  const key = subkey(shared, `confirm ${side}`);
  return createHmac("sha256", key).update(shared.th).update(sealed).digest();
}

export interface ConfirmCheck {
  /** Whose message it is. */
  readonly side: Side;
  readonly pairId: string;
  readonly shared: Shared;
  readonly peerKeyCommitment: Uint8Array;
  readonly ourPublicKey: Uint8Array;
}

export type ConfirmFailure =
  /** Other words, or a message that somebody changed. */
  | "wrong_words"
  /** The right words, and an identity key that was not committed to or is not held. */
  | "wrong_key";

export type Confirmed =
  | { readonly ok: true; /** Of the peer, 32 bytes. */ readonly publicKey: Uint8Array }
  | { readonly ok: false; readonly reason: ConfirmFailure; readonly text: string };

/** Total. The tag first, in constant time, then commitment and signature. */
export function checkConfirm(message: Uint8Array, check: ConfirmCheck): Confirmed {
  const { side, pairId, shared } = check;
  const sealed = message.subarray(MAC_BYTES);
  if (
    message.length !== CONFIRM_BYTES ||
    !timingSafeEqual(message.subarray(0, MAC_BYTES), confirmTag(side, shared, sealed))
  ) return wrongWords;
  const plaintext = openBound({ key: subkey(shared, `id ${side}`), th: shared.th }, sealed);
  if (plaintext === undefined) return wrongKey("peer's identity key does not open");
  const publicKey = plaintext.slice(0, KEY_BYTES);
  const r = plaintext.subarray(KEY_BYTES, KEY_BYTES + R_BYTES);
  if (!sameKey(keyCommitment({ side, pairId }, { publicKey, r }), check.peerKeyCommitment)) {
    return wrongKey("peer's identity key is not the one it committed to");
  }
  const signature = plaintext.subarray(KEY_BYTES + R_BYTES);
  // Anybody can sign with a key of small order.
  const isHeld = !isSmallOrder(publicKey) &&
    verifySignature(publicKey, possessionMessage(side, shared.th), signature);
  if (!isHeld) return wrongKey("peer does not hold the identity key it shows");
  if (sameKey(publicKey, check.ourPublicKey)) return wrongKey("peer shows our own identity key");
  return { ok: true, publicKey };
}

const wrongWords: Confirmed = {
  ok: false,
  reason: "wrong_words",
  text: "the other side used other words, or somebody is guessing them",
};

const wrongKey = (text: string): Confirmed => ({ ok: false, reason: "wrong_key", text });

/** Bytes of randomness that {@linkcode makeConfirm} takes. */
export const CONFIRM_NONCE_BYTES = NONCE_BYTES;
