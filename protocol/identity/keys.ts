/**
 * Ed25519 keys and what names them. Signing and verifying are native.
 * See docs/protocol/identity-and-events.md §3 and §8.
 */
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { WireError } from "../errors.ts";
import type { Fingerprint } from "../ids.ts";
import { fromBase64Strict, hex, sha256, sha256Hex, toBase64 } from "./encoding.ts";

export { fromBase64Strict, hex, sha256, sha256Hex, toBase64 };
export { isCurvePoint, isSmallOrder } from "./curve.ts";

export const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** DER headers before a raw 32-byte seed (PKCS #8) or key (SPKI); RFC 8410 §7 and §4. */
const PKCS8_HEADER = Uint8Array.fromHex("302e020100300506032b657004220420");
const SPKI_HEADER = Uint8Array.fromHex("302a300506032b6570032100");

export interface KeyPair {
  /** 32 bytes; a secret. */
  readonly seed: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** @returns 64 bytes, the same for the same message */
  sign(message: Uint8Array): Uint8Array;
}

/**
 * @param seed 32 random bytes, as `private.key` holds them
 * @throws {WireError} unreadable, with the reference's text, if the seed has another length
 */
export function keyPairFromSeed(seed: Uint8Array): KeyPair {
  if (seed.length !== KEY_BYTES) {
    throw new WireError(
      "unreadable",
      `private key file has wrong length (${seed.length} != ${KEY_BYTES})`,
    );
  }
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_HEADER, seed]),
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return {
    seed: Uint8Array.from(seed),
    publicKey: Uint8Array.from(spki.subarray(SPKI_HEADER.length)),
    sign: (message) => Uint8Array.from(sign(null, message, privateKey)),
  };
}

/**
 * Pure Ed25519, cofactorless: S must be reduced, and R recomputed must equal the signature's R byte
 * for byte. Keys of small order are *not* refused here, because the reference does not and the
 * vectors say so ({@linkcode isSmallOrder} is for pinning). Never throws: bytes of a wrong length,
 * and keys that are no point, verify nothing.
 */
export function verifySignature(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  const key = importedKey(publicKey);
  return key !== undefined && verify(null, message, key, signature);
}

/** Importing costs a quarter of verifying, and a mailbox has few signers. */
const imported = new Map<string, KeyObject>();
const MAX_IMPORTED = 1024;

function importedKey(publicKey: Uint8Array): KeyObject | undefined {
  const name = publicKey.toHex();
  const known = imported.get(name);
  if (known !== undefined) return known;
  let key: KeyObject;
  try {
    key = createPublicKey({
      key: Buffer.concat([SPKI_HEADER, publicKey]),
      format: "der",
      type: "spki",
    });
  } catch {
    // The only reason for a well-formed header to be refused: the 32 bytes are no point.
    return undefined;
  }
  if (imported.size >= MAX_IMPORTED) imported.clear();
  imported.set(name, key);
  return key;
}

/** First four bytes of SHA-256 of the key, as 8 hex digits. */
export const fingerprint = (publicKey: Uint8Array): Fingerprint =>
  hex(sha256(publicKey).subarray(0, 4)) as Fingerprint;

/** `<handle>:<fingerprint>`, the `public_key_id` of events. */
export const keyId = (handle: string, publicKey: Uint8Array): string =>
  `${handle}:${fingerprint(publicKey)}`;

/** The same key, whole: names and fingerprints are never compared in its place. */
export const sameKey = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
