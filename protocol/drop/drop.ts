/**
 * Requests to pair and their answers: pair_drop and pair_drop_ack, built and read. Pure. Reads the
 * form of 0.5.19's CLI and that of its MCP server, which leaves `schema_version` and `endpoints` out.
 * See docs/protocol/pairing.md §15 and §16.
 */
import type { WireEvent } from "../event/event.ts";
import { kindNumber } from "../event/kinds.ts";
import { classify, type Recipient, verifyEvent } from "../event/verify.ts";
import { admitCard, type AdmittedCard } from "../identity/card.ts";
import {
  type EventId,
  isEventId,
  isSlotId,
  isSlotToken,
  parseRelayUrl,
  type RelayUrl,
  type SlotId,
  type SlotToken,
} from "../ids.ts";
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  member,
  stringMember,
} from "../json/value.ts";
import { emptyTrust, pinCard } from "../trust/trust.ts";
import { parseUnixRelay } from "../unix_relay.ts";

export const DROP = { type: "pair_drop", kind: 1100 } as const;
export const ACK = { type: "pair_drop_ack", kind: 1101 } as const;
/** More mailboxes than anybody has. */
const MAX_ENDPOINTS = 16;

/** A mailbox that its owner lets us write to; `slot_token` is a secret. */
export interface DropEndpoint {
  /** As it stands in files: of a socket `unix://…`. */
  readonly relay_url: string;
  readonly slot_id: SlotId;
  readonly slot_token: SlotToken;
  readonly scope: "federation" | "local" | "uds";
}

/** The one that everybody reaches. */
export type MainEndpoint = DropEndpoint & { readonly relay_url: RelayUrl };

/** The flat members first, then the others of `endpoints`. */
export type DropEndpoints = readonly [MainEndpoint, ...DropEndpoint[]];

export interface PairDrop {
  readonly card: AdmittedCard;
  readonly endpoints: DropEndpoints;
  readonly eventId: EventId;
  /** RFC 3339 as the sender wrote it; "" if it did not. */
  readonly timestamp: string;
}

/**
 * @returns undefined unless it is a pair_drop for us, signed by the key of the card in it, which
 * names its own key, with a mailbox that can be used. It says nothing about anybody's consent
 */
export function readDrop(event: WireEvent, recipient: Recipient): PairDrop | undefined {
  if (!isDrop(event) || !isEventId(event.id) || !classify(event).ok) return undefined;
  const body = member(event.value, "body");
  if (!isJsonObject(body)) return undefined;
  const endpoints = readMailbox(body);
  const card = admitCard(member(body, "card") ?? null);
  if (endpoints === undefined || !card.ok) return undefined;
  const timestamp = stringMember(event.value, "timestamp") ?? "";
  const scratch = pinCard(emptyTrust(), card, { tier: "VERIFIED", at: timestamp });
  if (!scratch.ok || !verifyEvent(event, scratch.store, recipient).ok) return undefined;
  return { card, endpoints, eventId: event.id, timestamp };
}

/**
 * The mailbox in an ack. Who sent it is for the caller to verify first.
 * @returns undefined unless it is an ack with a mailbox that can be used
 */
export function readAck(event: WireEvent): DropEndpoints | undefined {
  const body = isAck(event) ? member(event.value, "body") : undefined;
  return isJsonObject(body) ? readMailbox(body) : undefined;
}

const is = ({ value }: WireEvent, { type, kind }: { type: string; kind: number }): boolean =>
  stringMember(value, "type") === type && kindNumber(member(value, "kind")) === kind;

export const isDrop = (event: WireEvent): boolean => is(event, DROP);
export const isAck = (event: WireEvent): boolean => is(event, ACK);

/** @returns undefined unless the flat members are a mailbox that can be used */
export function readMailbox(body: JsonObject): DropEndpoints | undefined {
  const flat = mainIn(body);
  if (flat === undefined) return undefined;
  const list = member(body, "endpoints");
  const others = (isJsonArray(list) ? list.slice(0, MAX_ENDPOINTS) : []).flatMap((element) => {
    const endpoint = endpointIn(element);
    return endpoint === undefined || isSame(endpoint, flat) ? [] : [endpoint];
  });
  return [flat, ...others];
}

function mainIn(body: JsonObject): MainEndpoint | undefined {
  const relay_url = parseRelayUrl(stringMember(body, "relay_url") ?? "");
  const endpoint = endpointIn({ ...body, scope: "federation" });
  return relay_url === undefined || endpoint === undefined ? undefined : { ...endpoint, relay_url };
}

function endpointIn(value: Json): DropEndpoint | undefined {
  if (!isJsonObject(value)) return undefined;
  const scope = stringMember(value, "scope");
  const text = stringMember(value, "relay_url") ?? "";
  const slot_id = stringMember(value, "slot_id");
  const slot_token = stringMember(value, "slot_token");
  if (scope !== "federation" && scope !== "local" && scope !== "uds") return undefined;
  const isSocket = scope === "uds" && parseUnixRelay(text) !== undefined;
  const relay_url = isSocket ? text : scope === "uds" ? undefined : parseRelayUrl(text);
  if (relay_url === undefined || !isSlotId(slot_id) || !isSlotToken(slot_token)) return undefined;
  return { relay_url, slot_id, slot_token, scope };
}

const isSame = (a: DropEndpoint, b: DropEndpoint): boolean =>
  a.relay_url === b.relay_url && a.slot_id === b.slot_id;

/** The body of an ack; with our card, that of a drop. It holds our token. */
export function mailboxBody([flat, ...others]: DropEndpoints, card?: JsonObject): JsonObject {
  const { relay_url, slot_id, slot_token } = flat;
  return {
    ...(card === undefined ? {} : { card }),
    relay_url,
    slot_id,
    slot_token,
    endpoints: [flat, ...others].map((endpoint) => ({ ...endpoint })),
  };
}
