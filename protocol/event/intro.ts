/**
 * Introductions: what a stranger may put into a mailbox without a token. The card is the only thing
 * that says who it is, so everything else must fit the card. See docs/protocol/relay.md §5.10, §15
 * and docs/protocol/extensions.md §11.
 */
import { admitCard } from "../identity/card.ts";
import type { Did } from "../ids.ts";
import { fromBase64Strict, SIGNATURE_BYTES, verifySignature } from "../identity/keys.ts";
import { isJsonObject, type Json, JsonNumber, member, stringMember } from "../json/value.ts";
import { type Hashable, hashesTo } from "./read.ts";

/** Of the stored form. */
export const MAX_INTRO_BYTES = 16 * 1024;

const INTRO_KIND = 1100;
const INTRO_TYPES: readonly string[] = ["pair_drop", "agent_card"];
const MAX_U64 = 2n ** 64n - 1n;

export type IntroCheck =
  | { readonly ok: true; readonly id: string; readonly did: Did }
  | {
    readonly ok: false;
    readonly reason: "wrong_kind";
    readonly kind: number;
    readonly type: string;
  }
  | { readonly ok: false; readonly reason: "no_card" }
  /** `text` is a fixed one (docs/protocol/identity-and-events.md §6). */
  | { readonly ok: false; readonly reason: "bad_card"; readonly text: string }
  | { readonly ok: false; readonly reason: "too_large" }
  | { readonly ok: false; readonly reason: "does_not_fit"; readonly text: string };

/**
 * Total, whatever was posted.
 * @param bytes of its stored form
 */
export function checkIntro(event: Hashable, bytes: number): IntroCheck {
  const value = isJsonObject(event.value) ? event.value : {};
  const kind = unsigned(member(value, "kind"));
  const type = stringMember(value, "type") ?? "";
  if (kind !== INTRO_KIND || !INTRO_TYPES.includes(type)) {
    return { ok: false, reason: "wrong_kind", kind, type };
  }
  const body = member(value, "body");
  const card = isJsonObject(body) ? member(body, "card") : undefined;
  if (card === undefined) return { ok: false, reason: "no_card" };
  const admission = admitCard(card);
  if (!admission.ok) return { ok: false, reason: "bad_card", text: admission.message };
  if (bytes > MAX_INTRO_BYTES) return { ok: false, reason: "too_large" };
  const id = stringMember(value, "event_id") ?? "";
  if (!hashesTo(event, id)) return doesNotFit("id does not hash to the event");
  if (stringMember(value, "from") !== admission.did) {
    return doesNotFit("from is not the card's DID");
  }
  if (stringMember(value, "public_key_id") !== admission.keyId) {
    return doesNotFit("public_key_id is not the card's key");
  }
  const signature = fromBase64Strict(stringMember(value, "signature") ?? "");
  const isSigned = signature?.length === SIGNATURE_BYTES &&
    verifySignature(admission.publicKey, Uint8Array.fromHex(id), signature);
  return isSigned
    ? { ok: true, id, did: admission.did }
    : doesNotFit("signature is not by the card's key");
}

const doesNotFit = (text: string): IntroCheck => ({ ok: false, reason: "does_not_fit", text });

/** 0 for everything but an unsigned integer: the low 32 bits alone would let other kinds pass. */
function unsigned(value: Json | undefined): number {
  if (!(value instanceof JsonNumber) || !/^(?:0|[1-9][0-9]{0,19})$/.test(value.text)) return 0;
  const number = BigInt(value.text);
  return number > MAX_U64 ? 0 : Number(number);
}
