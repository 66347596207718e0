/**
 * The sealed bootstrap: under the SPAKE2 key each side tells the other its card and its mailbox.
 * See docs/protocol/pairing.md §8, with the checks of §1.2 before anything of it is used.
 */
import { hkdfSync } from "node:crypto";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { admitCard, type AdmittedCard } from "../identity/card.ts";
import { sameKey } from "../identity/keys.ts";
import {
  type CodeHash,
  isSlotId,
  isSlotToken,
  parseRelayUrl,
  type RelayUrl,
  type SlotId,
  type SlotToken,
} from "../ids.ts";
import { decodeUtf8, JsonError, parseJson } from "../json/parse.ts";
import { printJson } from "../json/print.ts";
import { isJsonObject, type Json, type JsonObject, member, stringMember } from "../json/value.ts";
import { concat } from "./bytes.ts";

const AEAD_INFO = "wire/v1 bootstrap-aead";
const KEY_BYTES = 32;
const TAG_BYTES = 16;
export const NONCE_BYTES = 12;
/** Larger ones are no bootstrap: a card of ours has less than 1 KiB. */
export const MAX_SEALED_BYTES = 64 * 1024;

/**
 * @param spakeKey SPAKE2 output, 32 bytes
 * @returns AEAD key, 32 bytes, for both directions of one pairing
 */
export const bootstrapKey = (spakeKey: Uint8Array, codeHash: CodeHash): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", spakeKey, codeHash, AEAD_INFO, KEY_BYTES));

/**
 * @param nonce 12 random bytes, never twice with one key
 * @returns nonce ‖ ciphertext ‖ tag
 */
export const seal = (key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array =>
  concat(nonce, chacha20poly1305(key, nonce).encrypt(plaintext));

export type Opened =
  | { readonly ok: true; readonly plaintext: Uint8Array }
  | { readonly ok: false; readonly text: string };

/** Total. The texts are the reference's. */
export function open(key: Uint8Array, sealed: Uint8Array): Opened {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) {
    return { ok: false, text: `bootstrap blob too short: ${sealed.length} bytes` };
  }
  const cipher = chacha20poly1305(key, sealed.subarray(0, NONCE_BYTES));
  try {
    return { ok: true, plaintext: cipher.decrypt(sealed.subarray(NONCE_BYTES)) };
  } catch {
    // The lengths are right, so the tag is what did not fit.
    return { ok: false, text: "open failed (auth tag mismatch?): Error" };
  }
}

/** Where mail for somebody goes, and the bearer token for it. */
export interface MailboxRoute {
  readonly relayUrl: RelayUrl;
  readonly slotId: SlotId;
  readonly slotToken: SlotToken;
}

/** The plaintext of our own bootstrap. */
export const bootstrapPlaintext = (card: JsonObject, mailbox: MailboxRoute): Uint8Array =>
  new TextEncoder().encode(printJson({
    card,
    relay_url: mailbox.relayUrl,
    slot_id: mailbox.slotId,
    slot_token: mailbox.slotToken,
  }));

export type Bootstrap =
  | { readonly ok: true; readonly card: AdmittedCard; readonly mailbox: MailboxRoute }
  | { readonly ok: false; readonly reason: BootstrapFailure; readonly text: string };

export type BootstrapFailure =
  | "not_json"
  | "missing_card"
  | "bad_card"
  | "own_card"
  | "bad_mailbox";

/**
 * What the peer sealed, checked: a card that names its own key and is not ours, and a mailbox whose
 * address, id and token have the right form. Unknown members are passed over.
 */
export function parseBootstrap(plaintext: Uint8Array, ourPublicKey: Uint8Array): Bootstrap {
  let value: Json;
  try {
    value = parseJson(decodeUtf8(plaintext), { maxBytes: MAX_SEALED_BYTES });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return refuse("not_json", `peer bootstrap is not JSON: ${error.message}`);
  }
  const object = isJsonObject(value) ? value : {};
  const card = member(object, "card");
  if (card === undefined || card === null) {
    return refuse("missing_card", "peer bootstrap missing card");
  }
  const admitted = admitCard(card);
  if (!admitted.ok) return refuse("bad_card", `peer card signature invalid: ${admitted.message}`);
  if (sameKey(admitted.publicKey, ourPublicKey)) {
    return refuse("own_card", "peer bootstrap carries our own card");
  }
  const relayUrl = parseRelayUrl(stringMember(object, "relay_url") ?? "");
  const slotId = stringMember(object, "slot_id");
  const slotToken = stringMember(object, "slot_token");
  if (relayUrl === undefined) return refuse("bad_mailbox", wanted("relay_url", "an http(s) URL"));
  if (!isSlotId(slotId)) return refuse("bad_mailbox", wanted("slot_id", "32 hex digits"));
  if (!isSlotToken(slotToken)) return refuse("bad_mailbox", wanted("slot_token", "64 hex digits"));
  return { ok: true, card: admitted, mailbox: { relayUrl, slotId, slotToken } };
}

const wanted = (name: string, form: string): string => `peer bootstrap's ${name} is not ${form}`;

const refuse = (reason: BootstrapFailure, text: string): Bootstrap => ({ ok: false, reason, text });
