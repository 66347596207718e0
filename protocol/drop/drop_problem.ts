/**
 * Why a request to pair, or the answer to one, comes to nothing, as 0.5.19 writes it down. Pure.
 * See docs/protocol/identity-and-events.md §14.4 and docs/protocol/pairing.md §16.
 */
import type { WireEvent } from "../event/event.ts";
import { type Recipient, verifyEvent } from "../event/verify.ts";
import { admitCard } from "../identity/card.ts";
import { isJsonObject, member, stringMember } from "../json/value.ts";
import { emptyTrust, pinCard } from "../trust/trust.ts";
import { isAck, isDrop, readMailbox } from "./drop.ts";

export interface DropProblem {
  readonly code: "pair_drop_consume_failed" | "pair_drop_ack_consume_failed";
  readonly detail: string;
}

/** @returns undefined if it is neither, or one that can be read; what it is worth is not said */
export function dropProblem(event: WireEvent, recipient: Recipient): DropProblem | undefined {
  const code = isDrop(event)
    ? "pair_drop_consume_failed"
    : isAck(event)
    ? "pair_drop_ack_consume_failed"
    : undefined;
  if (code === undefined || member(event.value, "body") === undefined) return undefined;
  const detail = (isDrop(event) ? cardProblem(event, recipient) : undefined) ??
    mailboxProblem(event);
  return detail === undefined ? undefined : { code, detail };
}

function cardProblem(event: WireEvent, recipient: Recipient): string | undefined {
  const body = member(event.value, "body");
  const found = isJsonObject(body) ? member(body, "card") : undefined;
  if (found === undefined) return "pair_drop body missing card";
  const card = admitCard(found);
  if (!card.ok) return `pair_drop peer card sig invalid: ${card.message}`;
  const at = stringMember(event.value, "timestamp") ?? "";
  const scratch = pinCard(emptyTrust(), card, { tier: "VERIFIED", at });
  if (!scratch.ok) return `pair_drop peer card cannot be pinned: ${scratch.reason}`;
  const verdict = verifyEvent(event, scratch.store, recipient);
  return verdict.ok ? undefined : `pair_drop event sig verify failed: ${verdict.text}`;
}

function mailboxProblem(event: WireEvent): string | undefined {
  const body = member(event.value, "body");
  if (isJsonObject(body) && readMailbox(body) !== undefined) return undefined;
  const name = isDrop(event) ? "pair_drop" : "pair_drop_ack";
  const isThere = (key: string): boolean =>
    isJsonObject(body) && (stringMember(body, key) ?? "") !== "";
  const isNamed = ["relay_url", "slot_id", "slot_token"].every(isThere);
  return isNamed
    ? `${name} body names a mailbox that cannot be used`
    : `${name} body missing relay_url/slot_id/slot_token`;
}
