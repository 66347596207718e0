/**
 * What becomes of one received event: stored with its sender, or kept in quarantine with a reason.
 * Pure. Nothing acts on an event before this says that a pinned key signed it for us; what is to
 * happen on receipt belongs after the storing, never before.
 * See docs/protocol/identity-and-events.md §13.3.
 */
import { classify, type Recipient, verifyEvent } from "../../protocol/event/verify.ts";
import type { WireEvent } from "../../protocol/event/event.ts";
import type { Handle } from "../../protocol/ids.ts";
import type { TrustStore } from "../../protocol/trust/trust.ts";
import type { Rejected } from "./pull_report.ts";

export type Judgement =
  | { readonly tag: "accepted"; readonly sender: Handle }
  | { readonly tag: "refused"; readonly rejected: Rejected };

export function judge(event: WireEvent, trust: TrustStore, recipient: Recipient): Judgement {
  const known = classify(event);
  if (!known.ok) {
    const { schemaVersion } = known;
    return refused(event, known, schemaVersion === undefined ? {} : { schemaVersion });
  }
  const verdict = verifyEvent(event, trust, recipient);
  return verdict.ok ? { tag: "accepted", sender: verdict.handle } : refused(event, verdict, {});
}

function refused(
  event: WireEvent,
  { text, transient }: { readonly text: string; readonly transient: boolean },
  { schemaVersion }: { readonly schemaVersion?: string },
): Judgement {
  const rejected: Rejected = {
    blocks_cursor: false,
    event_id: event.id,
    reason: text,
    ...(schemaVersion === undefined ? {} : { schema_version: schemaVersion }),
    transient,
  };
  return { tag: "refused", rejected };
}

/** The text of 0.5.19 for an event that is in the inbox already. */
export const duplicateOf = (event: WireEvent): Rejected => ({
  blocks_cursor: false,
  event_id: event.id,
  reason: "duplicate event_id already in inbox",
  transient: false,
});
