/**
 * Agent cards: made, signed, and checked in two steps. `verifyCardSignature` is what the reference
 * checks; `admitCard` is what we ask before a card may name anybody.
 * See docs/protocol/identity-and-events.md §6.
 */
import { type Did, type Handle, isHandle } from "../ids.ts";
import { canonical, reprinted } from "../json/canonical.ts";
import { JsonError } from "../json/json_error.ts";
import { sortedNames } from "../json/print.ts";
import { quote } from "../json/quote.ts";
import {
  isJsonObject,
  type Json,
  type JsonObject,
  member,
  stringMember,
  withMembers,
} from "../json/value.ts";
import { SCHEMA_VERSION } from "../version.ts";
import { BASE_CAPABILITIES, capabilitiesOfCard } from "./capabilities.ts";
import { isCurvePoint } from "./curve.ts";
import { didCommitsTo, makeDid } from "./did.ts";
import { fromBase64Strict, toBase64 } from "./encoding.ts";
import {
  isSmallOrder,
  KEY_BYTES,
  keyId,
  type KeyPair,
  SIGNATURE_BYTES,
  verifySignature,
} from "./keys.ts";

const ADVISORY_BODY_KB = 64;
const KEY_PREFIX = "ed25519:";
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

export type AdmissionFailure =
  | CardFailure
  | "several_keys"
  | "inactive_key"
  | "bad_handle"
  | "handle_mismatch"
  | "did_mismatch"
  | "key_name_mismatch"
  | "weak_key";

/** A card that names its own key: what may be shown, pinned, or used as a file name. */
export interface AdmittedCard {
  readonly ok: true;
  readonly did: Did;
  readonly handle: Handle;
  /** 32 bytes, not of small order. */
  readonly publicKey: Uint8Array;
  /** `<handle>:<fingerprint>`. */
  readonly keyId: string;
  readonly capabilities: readonly string[];
  /** The signed card, whole. */
  readonly card: JsonObject;
}

export type Admission =
  | AdmittedCard
  | { readonly ok: false; readonly reason: AdmissionFailure; readonly message: string };

/**
 * Beyond the signature: exactly one key, active and not of small order; the handle safe as a file
 * name and equal to the DID's; the DID and the key's name commit to that key. All true for every
 * card that a genuine 0.5.7 or later program makes.
 */
export function admitCard(card: Json): Admission {
  const verdict = verifyCardSignature(card);
  if (!verdict.ok) return refuse(verdict.reason, verdict.text);
  if (!isJsonObject(card)) return refuse("missing_field", "missing field: signature");
  const { publicKey, keyName } = verdict;
  const keys = member(card, "verify_keys");
  if (!isJsonObject(keys) || sortedNames(keys).length !== 1) {
    return refuse("several_keys", "card has more than one verify key");
  }
  const entry = keys[keyName];
  if (!isJsonObject(entry) || member(entry, "active") === false || !isEd25519(entry)) {
    return refuse("inactive_key", "card's verify key is not an active ed25519 key");
  }
  if (isSmallOrder(publicKey)) return refuse("weak_key", "card's verify key is of small order");
  const did = stringMember(card, "did") ?? "";
  const handle = stringMember(card, "handle");
  if (!isHandle(handle)) {
    return refuse("bad_handle", `card's handle ${quote(handle ?? "")} is not a usable name`);
  }
  if (!didCommitsTo(did, publicKey)) {
    return refuse("did_mismatch", "card DID does not commit to its verify key (suffix mismatch)");
  }
  if (did !== makeDid(handle, publicKey)) {
    return refuse("handle_mismatch", `card's handle ${quote(handle)} is not that of ${quote(did)}`);
  }
  const id = keyId(handle, publicKey);
  if (keyName !== KEY_PREFIX + id) {
    return refuse("key_name_mismatch", `card's key is called ${quote(keyName)}, not ${quote(id)}`);
  }
  return {
    ok: true,
    did: makeDid(handle, publicKey),
    handle,
    publicKey,
    keyId: id,
    capabilities: capabilitiesOfCard(card),
    card,
  };
}

/** Cards of other programs may leave the name of the only algorithm out. */
function isEd25519(entry: JsonObject): boolean {
  const algorithm = member(entry, "alg");
  return algorithm === undefined || algorithm === "ed25519";
}

const refuse = (reason: AdmissionFailure, message: string): Admission => ({
  ok: false,
  reason,
  message,
});
