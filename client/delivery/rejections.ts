/**
 * Events that got here and were not accepted, although a pinned key has signed them: their senders are
 * told. Of a copy that somebody changed on the way nothing is told, since the genuine one is still to
 * come. See docs/protocol/extensions.md §5.
 */
import { eventFromJson } from "../../protocol/event/event.ts";
import { verifyEvent } from "../../protocol/event/verify.ts";
import { isReceipt, wantsReceipt } from "../../protocol/delivery/receipts.ts";
import { type EventId, type Handle, isEventId } from "../../protocol/ids.ts";
import { isJsonObject, type Json } from "../../protocol/json/value.ts";
import type { TrustStore } from "../../protocol/trust/trust.ts";
import type { Rejected } from "../sync/pull_report.ts";

export interface Rejection {
  readonly sender: Handle;
  readonly eventId: EventId;
  readonly reason: string;
}

/**
 * @param items a page as a relay listed it
 * @param rejected what was said of it
 * @param trust without blocked peers: they are told nothing
 */
export function rejectionsIn(
  items: readonly Json[],
  rejected: readonly Rejected[],
  trust: TrustStore,
): Rejection[] {
  const reasons = new Map(rejected.map(({ event_id, reason }) => [event_id, reason]));
  return items.flatMap((item) => {
    const event = isJsonObject(item) ? eventFromJson(item) : undefined;
    const reason = event === undefined ? undefined : reasons.get(event.id);
    if (event === undefined || reason === undefined || !isEventId(event.id)) return [];
    if (isReceipt(event) || !wantsReceipt(event)) return [];
    const verdict = verifyEvent(event, trust);
    return verdict.ok ? [{ sender: verdict.handle, eventId: event.id, reason }] : [];
  });
}
