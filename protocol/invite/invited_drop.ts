/**
 * A pair_drop that answers an invite: who sends it and where it is reached, as far as the event by
 * itself can prove. Pure. See docs/protocol/pairing.md §14.4 and §16.
 */
import type { WireEvent } from "../event/event.ts";
import { kindNumber } from "../event/kinds.ts";
import { classify, type Recipient, verifyEvent } from "../event/verify.ts";
import { admitCard, type AdmittedCard } from "../identity/card.ts";
import {
  isSlotId,
  isSlotToken,
  parseRelayUrl,
  type RelayUrl,
  type SlotId,
  type SlotToken,
} from "../ids.ts";
import { isJsonObject, type JsonObject, member, stringMember } from "../json/value.ts";
import { emptyTrust, pinCard } from "../trust/trust.ts";
import { type InviteNonce, isInviteNonce } from "./invite_record.ts";

const PAIR_DROP_KIND = 1100;

export interface InvitedDrop {
  readonly card: AdmittedCard;
  readonly nonce: InviteNonce;
  readonly relayUrl: RelayUrl;
  readonly slotId: SlotId;
  /** A secret. */
  readonly slotToken: SlotToken;
}

/**
 * @returns undefined unless it is a pair_drop with a nonce, for us, signed by the key of the card in
 * it, which names its own key, with a mailbox that can be used. Whether the nonce is worth anything
 * is another question
 */
export function invitedDrop(event: WireEvent, recipient: Recipient): InvitedDrop | undefined {
  const { value } = event;
  if (kindNumber(member(value, "kind")) !== PAIR_DROP_KIND) return undefined;
  if (stringMember(value, "type") !== "pair_drop") return undefined;
  const body = member(value, "body");
  if (!isJsonObject(body)) return undefined;
  const nonce = stringMember(body, "pair_nonce");
  const mailbox = mailboxIn(body);
  if (!isInviteNonce(nonce) || mailbox === undefined) return undefined;
  const card = admitCard(member(body, "card") ?? null);
  if (!card.ok || !isSignedBy(card, event, recipient)) return undefined;
  return { card, nonce, ...mailbox };
}

function mailboxIn(
  body: JsonObject,
): Pick<InvitedDrop, "relayUrl" | "slotId" | "slotToken"> | undefined {
  const relayUrl = parseRelayUrl(stringMember(body, "relay_url") ?? "");
  const slotId = stringMember(body, "slot_id");
  const slotToken = stringMember(body, "slot_token");
  if (relayUrl === undefined || !isSlotId(slotId) || !isSlotToken(slotToken)) return undefined;
  return { relayUrl, slotId, slotToken };
}

/** As every event is verified, against a store that knows this card and nothing else. */
function isSignedBy(card: AdmittedCard, event: WireEvent, recipient: Recipient): boolean {
  const at = stringMember(event.value, "timestamp") ?? "";
  const scratch = pinCard(emptyTrust(), card, { tier: "VERIFIED", at });
  return scratch.ok && classify(event).ok && verifyEvent(event, scratch.store, recipient).ok;
}
