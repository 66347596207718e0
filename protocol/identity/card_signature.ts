/**
 * Agent cards: made, signed, and checked as the reference checks them. What we ask beyond that,
 * before a card may name anybody, is in card.ts. See docs/protocol/identity-and-events.md §6.
 */
import { canonical, reprinted } from "../json/canonical.ts";
import { JsonError } from "../json/json_error.ts";
import { sortedNames } from "../json/print.ts";
import {
  isJsonObject,
  type Json,
  type JsonObject,
  member,
  stringMember,
  withMembers,
} from "../json/value.ts";
import { SCHEMA_VERSION } from "../version.ts";
import { BASE_CAPABILITIES } from "./capabilities.ts";
import { isCurvePoint } from "./curve.ts";
import { makeDid } from "./did.ts";
import { fromBase64Strict, toBase64 } from "./encoding.ts";
import { KEY_BYTES, keyId, type KeyPair, SIGNATURE_BYTES, verifySignature } from "./keys.ts";

const ADVISORY_BODY_KB = 64;
/** Before the key id, in the name of a verify key. */
export const KEY_PREFIX = "ed25519:";
const encoder = new TextEncoder();

export interface CardInput {
  readonly handle: string;
  /** Shown to people; the handle with its first letter in upper case unless given. */
  readonly name?: string;
  readonly capabilities?: readonly string[];
  /** Advisory; 64 unless given. */
  readonly maxMessageBodyKb?: number;
  readonly keys: KeyPair;
}

/** A signed card with the members that 0.5.19 writes and no others. */
export function makeCard(input: CardInput): JsonObject {
  const { handle, keys } = input;
  return signCard({
    schema_version: SCHEMA_VERSION,
    did: makeDid(handle, keys.publicKey),
    handle,
    name: input.name ?? handle.slice(0, 1).toUpperCase() + handle.slice(1),
    capabilities: input.capabilities ?? BASE_CAPABILITIES,
    verify_keys: {
      [KEY_PREFIX + keyId(handle, keys.publicKey)]: {
        key: toBase64(keys.publicKey),
        alg: "ed25519",
        active: true,
      },
    },
    policies: { max_message_body_kb: input.maxMessageBodyKb ?? ADVISORY_BODY_KB },
  }, keys);
}

/** Signs the canonical bytes themselves, not a hash of them; an old signature is replaced. */
export function signCard(card: JsonObject, keys: KeyPair): JsonObject {
  const signature = keys.sign(encoder.encode(canonical(card, "card")));
  return withMembers(card, { signature: toBase64(signature) });
}

export type CardFailure = "missing_field" | "no_verify_keys" | "bad_encoding" | "bad_signature";

/** `text` is the reference's, word for word. */
export type CardVerdict =
  | { readonly ok: true; readonly publicKey: Uint8Array; readonly keyName: string }
  | { readonly ok: false; readonly reason: CardFailure; readonly text: string };

/**
 * The reference's check: *some* key signed this card. It says nothing about the DID or the handle.
 * Accepts a signature over the numbers as sent or as the reference reprints them.
 */
export function verifyCardSignature(card: Json): CardVerdict {
  const object = isJsonObject(card) ? card : {};
  const signatureText = stringMember(object, "signature");
  if (signatureText === undefined) return missing("signature");
  const keys = member(object, "verify_keys");
  if (!isJsonObject(keys)) return missing("verify_keys");
  const [keyName] = sortedNames(keys);
  if (keyName === undefined) {
    return { ok: false, reason: "no_verify_keys", text: "verify_keys is empty or malformed" };
  }
  const entry = keys[keyName];
  const keyText = isJsonObject(entry) ? stringMember(entry, "key") : undefined;
  if (keyText === undefined) return missing("verify_keys[*].key");
  const publicKey = fromBase64Strict(keyText);
  const signature = fromBase64Strict(signatureText);
  if (publicKey?.length !== KEY_BYTES || signature?.length !== SIGNATURE_BYTES) return undecodable;
  if (signedBy(object, publicKey, signature)) return { ok: true, publicKey, keyName };
  if (!isCurvePoint(publicKey)) return undecodable;
  return { ok: false, reason: "bad_signature", text: "signature did not verify" };
}

const missing = (name: string): CardVerdict => ({
  ok: false,
  reason: "missing_field",
  text: `missing field: ${name}`,
});

const undecodable: CardVerdict = {
  ok: false,
  reason: "bad_encoding",
  text: "signature decode failed",
};

function signedBy(card: JsonObject, publicKey: Uint8Array, signature: Uint8Array): boolean {
  for (const form of [(it: JsonObject) => it, reprinted]) {
    let text: string;
    try {
      text = canonical(form(card), "card");
    } catch (error) {
      // A card that has no canonical text (too deep, half a character) was signed by nobody.
      if (error instanceof JsonError) return false;
      throw error;
    }
    if (verifySignature(publicKey, encoder.encode(text), signature)) return true;
  }
  return false;
}
