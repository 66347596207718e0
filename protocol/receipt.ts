/**
 * A relay's signed word that it has stored an event. Pure. See docs/protocol/receipts.md and
 * docs/protocol/extensions.md §5.
 */
import { z } from "zod";
import { isRfc3339 } from "./event/rfc3339.ts";
import {
  fromBase64Strict,
  isCurvePoint,
  isSmallOrder,
  KEY_BYTES,
  type KeyPair,
  sha256,
  toBase64,
  verifySignature,
} from "./identity/keys.ts";
import { parseRelayUrl, type RelayUrl } from "./ids.ts";
import { printJson } from "./json/print.ts";

/** Request header of a POST whose sender wants a receipt; the value is the URL it reached us by. */
export const RECEIPT_HEADER = "wire-receipt";

const TYPE = "wire/relay-receipt-1";
const KEY_PREFIX = "ed25519:";
const MAX_URL_LENGTH = 1_024;

export const RelayReceipt = z.strictObject({
  at: z.string().refine(isRfc3339, "expected an RFC 3339 time"),
  event_id: z.string(),
  relay: z.string(),
  /** Base64 of 64 bytes. */
  sig: z.string(),
  slot_id: z.string(),
  type: z.literal(TYPE),
});
export type RelayReceipt = z.infer<typeof RelayReceipt>;

/** What a receipt is about. */
export interface StoredEvent {
  /** The URL by which the sender reaches the relay. */
  readonly relay: string;
  readonly slotId: string;
  readonly eventId: string;
}

/** @param at RFC 3339: it was durable by then */
export function makeReceipt(event: StoredEvent, at: string, keys: KeyPair): RelayReceipt {
  const unsigned = unsignedReceipt(event, at);
  return { ...unsigned, sig: toBase64(keys.sign(messageOf(unsigned))) };
}

export type ReceiptVerdict =
  /** `at` as the relay says it. */
  | { readonly ok: true; readonly receipt: RelayReceipt }
  | { readonly ok: false; readonly reason: "not_a_receipt" | "other_event" | "bad_signature" };

/**
 * @param value as it came, of any shape
 * @param event what we have sent, and where
 * @param relayKey 32 bytes, pinned for that URL
 */
export function checkReceipt(
  value: unknown,
  event: StoredEvent,
  relayKey: Uint8Array,
): ReceiptVerdict {
  const parsed = RelayReceipt.safeParse(value);
  if (!parsed.success) return { ok: false, reason: "not_a_receipt" };
  const receipt = parsed.data;
  const isOurs = receipt.relay === event.relay && receipt.slot_id === event.slotId &&
    receipt.event_id === event.eventId;
  if (!isOurs) return { ok: false, reason: "other_event" };
  const signature = fromBase64Strict(receipt.sig);
  const message = messageOf(unsignedReceipt(event, receipt.at));
  return signature !== undefined && verifySignature(relayKey, message, signature)
    ? { ok: true, receipt }
    : { ok: false, reason: "bad_signature" };
}

/** As `GET /v1/relay` shows it. @param publicKey 32 bytes */
export const relayKeyText = (publicKey: Uint8Array): string => KEY_PREFIX + toBase64(publicKey);

/** @returns 32 bytes, or undefined if the text is no key that could be trusted with anything */
export function parseRelayKey(text: string): Uint8Array | undefined {
  if (!text.startsWith(KEY_PREFIX)) return undefined;
  const key = fromBase64Strict(text.slice(KEY_PREFIX.length));
  const isKey = key?.length === KEY_BYTES && isCurvePoint(key) && !isSmallOrder(key);
  return isKey ? key : undefined;
}

/** @returns the URL for the receipt, or undefined: nobody asks for one */
export const receiptAsked = (value: string | null | undefined): RelayUrl | undefined =>
  typeof value === "string" && value.length <= MAX_URL_LENGTH ? parseRelayUrl(value) : undefined;

type Unsigned = Omit<RelayReceipt, "sig">;

const unsignedReceipt = ({ relay, slotId, eventId }: StoredEvent, at: string): Unsigned => ({
  at,
  event_id: eventId,
  relay,
  slot_id: slotId,
  type: TYPE,
});

const messageOf = (unsigned: Unsigned): Uint8Array => sha256(printJson({ ...unsigned }));
