/** Whether a signed outbox line is really ours. Pure. Nothing else is ever posted. */
import { hashesTo, type WireEvent } from "../../protocol/event/event.ts";
import { fromBase64Strict, verifySignature } from "../../protocol/identity/keys.ts";
import { type EventId, isEventId } from "../../protocol/ids.ts";
import { stringMember } from "../../protocol/json/value.ts";
import type { Signer } from "./complete_partial.ts";

export type SignedLine =
  | { readonly tag: "ours"; readonly id: EventId }
  | { readonly tag: "unusable"; readonly problem: string };

export function checkSignedLine(event: WireEvent, signer: Signer): SignedLine {
  const { id, value } = event;
  if (!isEventId(id) || !hashesTo(event, id)) {
    return { tag: "unusable", problem: "its event_id is not the hash of its content" };
  }
  const signature = fromBase64Strict(stringMember(value, "signature") ?? "");
  const isSigned = signature !== undefined &&
    verifySignature(signer.keys.publicKey, Uint8Array.fromHex(id), signature);
  if (!isSigned) return { tag: "unusable", problem: "it is not signed with this home's key" };
  return { tag: "ours", id };
}
