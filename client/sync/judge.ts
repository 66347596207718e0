/**
 * What becomes of one received event: stored with its sender, or kept in quarantine with a reason.
 * Pure. Nothing acts on an event before this says that a pinned key signed it for us; what is to
 * happen on receipt belongs after the storing, never before.
 * See docs/protocol/identity-and-events.md §13.3.
 */
import { hashesTo, type WireEvent } from "../../protocol/event/event.ts";
import {
  classify,
  type Recipient,
  type RejectionTag,
  verifyEvent,
} from "../../protocol/event/verify.ts";
import type { Handle } from "../../protocol/ids.ts";
import type { TrustStore } from "../../protocol/trust/trust.ts";
import type { Rejected } from "./pull_report.ts";

export type Judgement =
  | { readonly tag: "accepted"; readonly sender: Handle }
  | {
    readonly tag: "refused";
    readonly rejected: Rejected;
    /**
     * Whether these are the bytes that its id names. If not, somebody may have changed a copy on
     * the way, and the genuine event is still to come: no cursor may pass it because of this one.
     */
    readonly isIntact: boolean;
  };

/** Refusals that say nothing against the bytes. */
const INTACT: ReadonlySet<RejectionTag> = new Set([
  "unknown_signer",
  "wrong_from",
  "wrong_recipient",
]);

export function judge(event: WireEvent, trust: TrustStore, recipient: Recipient): Judgement {
  const known = classify(event);
  if (!known.ok) {
    const { schemaVersion, text, transient } = known;
    const schema = schemaVersion === undefined ? {} : { schema_version: schemaVersion };
    const rejected = { ...refusal(event, text), ...schema, transient };
    return { tag: "refused", rejected, isIntact: hashesTo(event, event.id) };
  }
  const verdict = verifyEvent(event, trust, recipient);
  if (verdict.ok) return { tag: "accepted", sender: verdict.handle };
  const rejected = { ...refusal(event, verdict.text), transient: verdict.transient };
  return { tag: "refused", rejected, isIntact: INTACT.has(verdict.reason) };
}

const refusal = (event: WireEvent, reason: string): Rejected => ({
  blocks_cursor: false,
  event_id: event.id,
  reason,
  transient: false,
});

/** The text of 0.5.19 for an event that is in the inbox already. */
export const DUPLICATE = "duplicate event_id already in inbox";
export const duplicateOf = (event: WireEvent): Rejected => refusal(event, DUPLICATE);
