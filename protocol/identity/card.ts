/**
 * Which cards may name somebody: the signature says only that *some* key made the card, so whoever
 * shows, pins or files a card asks here first. See docs/protocol/identity-and-events.md §4 and §6.
 */
import { type Did, type Handle, isHandle } from "../ids.ts";
import { sortedNames } from "../json/print.ts";
import { quote } from "../json/quote.ts";
import { isJsonObject, type Json, type JsonObject, member, stringMember } from "../json/value.ts";
import { capabilitiesOfCard } from "./capabilities.ts";
import { type CardFailure, KEY_PREFIX, verifyCardSignature } from "./card_signature.ts";
import { didCommitsTo, makeDid } from "./did.ts";
import { isSmallOrder, keyId } from "./keys.ts";

export {
  type CardFailure,
  type CardInput,
  type CardVerdict,
  makeCard,
  signCard,
  verifyCardSignature,
} from "./card_signature.ts";

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
