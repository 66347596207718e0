/** What a relay's answer to a message proves. Pure. See docs/protocol/extensions.md §3 and §5. */
import type { JournalEntry } from "../../store/mail/delivery_journal.ts";
import type { Message, PostOutcome } from "../sync/poster.ts";

type Taken = Extract<PostOutcome, { tag: "stored" | "duplicate" }>;

/**
 * `stored` by its answer and, where it signs them, its receipt; `fetched` when it says that the owner
 * has acknowledged the event. One that never says is not asked again.
 * @param at RFC 3339
 */
export function storedSteps(
  { id, to }: Pick<Message, "id" | "to">,
  { tag, route, fetched, receipt }: Taken,
  at: string,
): JournalEntry[] {
  const relay = route.relayUrl;
  const stored: JournalEntry = {
    event_id: id,
    step: "stored",
    at,
    evidence: {
      relay,
      scope: route.scope,
      status: tag,
      to,
      ...(fetched === undefined ? {} : { fetched }),
      ...(receipt === undefined ? {} : { receipt }),
    },
  };
  return fetched === true ? [stored, fetchedStep(id, relay, at)] : [stored];
}

/** @param by a later message of ours in that mailbox, when it is the one of which the relay says it */
export const fetchedStep = (
  event_id: JournalEntry["event_id"],
  relay: string,
  at: string,
  by?: string,
): JournalEntry => ({
  event_id,
  step: "fetched",
  at,
  evidence: { relay, ...(by === undefined ? {} : { by }) },
});
