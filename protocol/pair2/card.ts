/**
 * The phases `card` and `done` of pair/2: the card and mailbox of one side, sealed for the other,
 * and the word that the other has been pinned. See docs/protocol/extensions.md §10.
 */
import { admitCard, type AdmittedCard } from "../identity/card.ts";
import { sameKey } from "../identity/keys.ts";
import {
  type Did,
  isSlotId,
  isSlotToken,
  parseRelayUrl,
  type RelayUrl,
  type SlotId,
  type SlotToken,
} from "../ids.ts";
import { decodeUtf8, JsonError, parseJson } from "../json/parse.ts";
import { printJson } from "../json/print.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject, member } from "../json/value.ts";
import { stringMember } from "../json/value.ts";
import { type Shared, subkey } from "./encoding.ts";
import type { Side } from "./side.ts";
import { openBound, sealBound, type SealingKey } from "./sealed.ts";

/** Bytes of a plaintext; a card and its endpoints have less than 4 KiB. */
const MAX_PLAINTEXT_BYTES = 32 * 1024;
const MAX_ENDPOINTS = 16;

/** A way to a mailbox, with a grant that may post there and nothing more. */
export interface Route2 {
  readonly relayUrl: RelayUrl;
  readonly slotId: SlotId;
  readonly grant: SlotToken;
}

export interface Endpoint2 extends Route2 {
  readonly scope: string;
}

export interface Bootstrap2 {
  readonly card: JsonObject;
  readonly mailbox: Route2;
  readonly endpoints: readonly Endpoint2[];
}

const sealingKey = (shared: Shared, name: `${"card" | "done"} ${Side}`): SealingKey => ({
  key: subkey(shared, name),
  th: shared.th,
});

/** The plaintext of our `card`. */
export const bootstrap2Plaintext = ({ card, mailbox, endpoints }: Bootstrap2): Uint8Array =>
  new TextEncoder().encode(printJson({
    card,
    relay_url: mailbox.relayUrl,
    slot_id: mailbox.slotId,
    grant: mailbox.grant,
    endpoints: endpoints.map(({ relayUrl, slotId, grant, scope }) => ({
      relay_url: relayUrl,
      slot_id: slotId,
      slot_token: grant,
      scope,
    })),
  }));

export interface SealInput {
  /** Whose it is. */
  readonly side: Side;
  readonly shared: Shared;
  /** 12 random bytes, for this message only. */
  readonly nonce: Uint8Array;
}

export const sealCard = ({ side, shared, nonce }: SealInput, plaintext: Uint8Array): Uint8Array =>
  sealBound(sealingKey(shared, `card ${side}`), nonce, plaintext);

export type PeerCard =
  | {
    readonly ok: true;
    readonly card: AdmittedCard;
    readonly mailbox: Route2;
    readonly endpoints: readonly Endpoint2[];
  }
  | { readonly ok: false; readonly text: string };

export interface CardCheck {
  /** Whose it is. */
  readonly side: Side;
  readonly shared: Shared;
  /** The identity key that the peer's `confirm` showed. */
  readonly publicKey: Uint8Array;
}

/** Total: opens, then checks that the card is that of the key which the digits stand for. */
export function openCard(sealed: Uint8Array, { side, shared, publicKey }: CardCheck): PeerCard {
  const plaintext = openBound(sealingKey(shared, `card ${side}`), sealed);
  const object = plaintext === undefined ? undefined : objectOf(plaintext);
  if (object === undefined) return wrong("peer's card does not open");
  const card = member(object, "card");
  if (card === undefined || card === null) return wrong("peer's message has no card");
  const admitted = admitCard(card);
  if (!admitted.ok) return wrong(`peer's card is not valid: ${admitted.message}`);
  if (!sameKey(admitted.publicKey, publicKey)) {
    return wrong("peer's card has another key than the one the digits stand for");
  }
  const mailbox = routeOf(object, "grant");
  if (mailbox === undefined) return wrong("peer's message has no usable mailbox");
  return { ok: true, card: admitted, mailbox, endpoints: endpointsOf(object) };
}

/** Endpoints of a form that we do not know are passed over, as in relay.json. */
function endpointsOf(object: JsonObject): Endpoint2[] {
  const list = member(object, "endpoints");
  if (!isJsonArray(list)) return [];
  return list.slice(0, MAX_ENDPOINTS).flatMap((entry) => {
    const route = isJsonObject(entry) ? routeOf(entry, "slot_token") : undefined;
    const scope = isJsonObject(entry) ? stringMember(entry, "scope") : undefined;
    return route === undefined || scope === undefined ? [] : [{ ...route, scope }];
  });
}

function routeOf(object: JsonObject, tokenName: "grant" | "slot_token"): Route2 | undefined {
  const relayUrl = parseRelayUrl(stringMember(object, "relay_url") ?? "");
  const slotId = stringMember(object, "slot_id");
  const grant = stringMember(object, tokenName);
  if (relayUrl === undefined || !isSlotId(slotId) || !isSlotToken(grant)) return undefined;
  return { relayUrl, slotId, grant };
}

/** Says that we hold the peer's card and reach its mailbox. @param peerDid whom we pinned */
export const sealDone = ({ side, shared, nonce }: SealInput, peerDid: string): Uint8Array =>
  sealBound(
    sealingKey(shared, `done ${side}`),
    nonce,
    new TextEncoder().encode(printJson({ pinned: peerDid })),
  );

/** Whether the peer said that it pinned us. */
export function isDone(
  sealed: Uint8Array,
  { side, shared, ourDid }: { readonly side: Side; readonly shared: Shared; readonly ourDid: Did },
): boolean {
  const plaintext = openBound(sealingKey(shared, `done ${side}`), sealed);
  const object = plaintext === undefined ? undefined : objectOf(plaintext);
  return object !== undefined && stringMember(object, "pinned") === ourDid;
}

function objectOf(plaintext: Uint8Array): JsonObject | undefined {
  let value: Json;
  try {
    value = parseJson(decodeUtf8(plaintext), { maxBytes: MAX_PLAINTEXT_BYTES });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return undefined;
  }
  return isJsonObject(value) ? value : undefined;
}

const wrong = (text: string): PeerCard => ({ ok: false, text });
