/**
 * Invite URLs: `wire://pair?v=1&inv=<payload>.<signature>`, both base64url, the signature over
 * exactly those payload bytes. An invite holds a token of its issuer's mailbox: whoever reads the
 * URL can use it. See docs/protocol/pairing.md §14.1.
 */
import { admitCard, type AdmittedCard, verifyCardSignature } from "../identity/card.ts";
import { type KeyPair, SIGNATURE_BYTES, verifySignature } from "../identity/keys.ts";
import {
  type Did,
  isSlotId,
  isSlotToken,
  parseRelayUrl,
  type RelayUrl,
  type SlotId,
  type SlotToken,
} from "../ids.ts";
import { printJson } from "../json/print.ts";
import { quote } from "../json/quote.ts";
import type { JsonObject } from "../json/value.ts";
import { fromBase64Url, toBase64Url } from "./base64url.ts";
import { type InviteNonce, isInviteNonce } from "./invite_record.ts";
import { type InvitePayload, readPayload } from "./payload.ts";

export const INVITE_PREFIX = "wire://pair?";
/** Relays take 8 KiB for a short link; nothing genuine is longer than about 2. */
export const MAX_INVITE_LENGTH = 16_384;
const VERSION = 1;
const encoder = new TextEncoder();

export interface InviteInput {
  readonly did: Did;
  /** Signed, with the one key that signs the invite. */
  readonly card: JsonObject;
  readonly relayUrl: RelayUrl;
  readonly slotId: SlotId;
  /** A secret, which the URL gives away. */
  readonly slotToken: SlotToken;
  readonly nonce: InviteNonce;
  /** Unix seconds; the invite is good through this second. */
  readonly exp: number;
  readonly keys: KeyPair;
}

export function mintInvite(input: InviteInput): string {
  // The order of the reference; every value in the spelling of a stored event.
  const members = [
    `"v":${VERSION}`,
    `"did":${printJson(input.did)}`,
    `"card":${printJson(input.card)}`,
    `"relay_url":${printJson(input.relayUrl)}`,
    `"slot_id":${printJson(input.slotId)}`,
    `"slot_token":${printJson(input.slotToken)}`,
    `"nonce":${printJson(input.nonce)}`,
    `"exp":${input.exp}`,
  ];
  const payload = encoder.encode(`{${members.join(",")}}`);
  const token = `${toBase64Url(payload)}.${toBase64Url(input.keys.sign(payload))}`;
  return `${INVITE_PREFIX}v=${VERSION}&inv=${token}`;
}

/** An invite whose issuer has proved the key that the card names. */
export interface Invite {
  readonly ok: true;
  readonly card: AdmittedCard;
  readonly relayUrl: RelayUrl;
  readonly slotId: SlotId;
  /** A secret. */
  readonly slotToken: SlotToken;
  readonly nonce: InviteNonce;
  /** Unix seconds. */
  readonly exp: number;
}

export type InviteFailure =
  | "not_an_invite"
  | "malformed"
  | "version"
  | "expired"
  | "bad_card"
  | "bad_signature"
  /** The reference takes it, and should not: another's DID, a name that is a path, no mailbox. */
  | "unsafe";

export type InviteReading =
  | Invite
  | { readonly ok: false; readonly reason: InviteFailure; readonly message: string };

/**
 * Total. The checks and their texts stand in the order of the reference; two of its texts cannot
 * come up, because its own check of the card comes before them. Then come ours, all of which a
 * genuine invite passes.
 * @param text exactly the URL: trimming is the caller's
 * @param now unix seconds
 */
export function parseInvite(text: string, now: number): InviteReading {
  if (!text.startsWith(INVITE_PREFIX)) {
    const message = "not a wire pair invite URL (must start with wire://pair?)";
    return refuse("not_an_invite", message);
  }
  if (text.length > MAX_INVITE_LENGTH) {
    return refuse("malformed", `invite URL is longer than ${MAX_INVITE_LENGTH} characters`);
  }
  const token = text.slice(INVITE_PREFIX.length).split("&").findLast((it) => it.startsWith("inv="));
  if (token === undefined) return refuse("malformed", "invite URL missing `inv=` parameter");
  const dot = token.indexOf(".");
  if (dot < 0) return refuse("malformed", "invite token missing `.` separator (payload.sig)");
  const bytes = fromBase64Url(token.slice("inv=".length, dot));
  if (!bytes.ok) return refuse("malformed", `invite payload b64 decode failed: ${bytes.problem}`);
  const signature = fromBase64Url(token.slice(dot + 1));
  if (!signature.ok) {
    return refuse("malformed", `invite sig b64 decode failed: ${signature.problem}`);
  }
  const read = readPayload(bytes.bytes);
  if (!read.ok) {
    return refuse("malformed", `invite payload JSON decode failed: ${read.problem}`);
  }
  return check(read.payload, { bytes: bytes.bytes, signature: signature.bytes, now });
}

interface Signed {
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly now: number;
}

function check(payload: InvitePayload, { bytes, signature, now }: Signed): InviteReading {
  if (payload.v !== VERSION) {
    return refuse("version", `invite schema version ${payload.v} not supported`);
  }
  if (now > payload.exp) {
    return refuse("expired", `invite expired (exp=${payload.exp}, now=${now})`);
  }
  const card = verifyCardSignature(payload.card);
  if (!card.ok) {
    return refuse("bad_card", `invite issuer's card signature invalid: ${card.text}`);
  }
  if (signature.length !== SIGNATURE_BYTES) {
    return refuse("bad_signature", "invite sig wrong length");
  }
  if (!verifySignature(card.publicKey, bytes, signature)) {
    return refuse("bad_signature", "invite URL signature did not verify");
  }
  return admit(payload);
}

function admit(payload: InvitePayload): InviteReading {
  const card = admitCard(payload.card);
  if (!card.ok) return refuse("unsafe", `invite issuer's card refused: ${card.message}`);
  if (payload.did !== card.did) {
    const message = `invite names ${quote(payload.did)}, its card ${quote(card.did)}`;
    return refuse("unsafe", message);
  }
  const relayUrl = parseRelayUrl(payload.relay_url);
  if (relayUrl === undefined) {
    const message = `invite relay address ${quote(payload.relay_url)} is not http(s)://host[:port]`;
    return refuse("unsafe", message);
  }
  const { slot_id: slotId, slot_token: slotToken, nonce, exp } = payload;
  if (!isSlotId(slotId) || !isSlotToken(slotToken)) {
    return refuse("unsafe", "invite names no usable mailbox");
  }
  if (!isInviteNonce(nonce)) return refuse("unsafe", "invite nonce is not 64 hex digits");
  return { ok: true, card, relayUrl, slotId, slotToken, nonce, exp };
}

const refuse = (reason: InviteFailure, message: string): InviteReading => ({
  ok: false,
  reason,
  message,
});
