/**
 * What a page says about our own messages: receipts and answers of verified peers go to the journal.
 * After the page is stored and before the cursor moves; safe to repeat, since a step that is known is
 * not written again. See docs/protocol/extensions.md §5 and §7.
 */
import { isReceipt, readReceipt, type Receipted } from "../../protocol/delivery/receipts.ts";
import { repliesTo } from "../../protocol/delivery/thread.ts";
import { eventFromJson, type WireEvent } from "../../protocol/event/event.ts";
import type { Handle } from "../../protocol/ids.ts";
import { isJsonObject, type Json, member } from "../../protocol/json/value.ts";
import type { DeliveryStep } from "../../protocol/delivery/steps.ts";
import { agentOf } from "../../protocol/trust/trust.ts";
import { HearingHome } from "../../store/home/hearing_home.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { JournalEntry } from "../../store/mail/delivery_journal.ts";
import type { ClientContext } from "../context.ts";
import { judge } from "../sync/judge.ts";
import type { Deliveries } from "./deliveries.ts";

interface Claim {
  readonly eventId: Receipted["eventId"];
  readonly step: DeliveryStep;
  readonly evidence: JournalEntry["evidence"];
}

/**
 * @param items a page as a relay listed it
 * @throws {WireError} unreadable, write_failed: the cursor must stay
 */
export async function takeReceipts(
  { home }: Pick<ClientContext, "home">,
  identity: Identity,
  items: readonly Json[],
  deliveries: Deliveries,
): Promise<void> {
  const speaking = items.flatMap((item) => {
    const event = isJsonObject(item) ? eventFromJson(item) : undefined;
    return event !== undefined && (isReceipt(event) || repliesTo(event.value)) ? [event] : [];
  });
  if (speaking.length === 0) return;
  const trust = await new HearingHome(home).readTrust();
  const bySender = new Map<Handle, WireEvent[]>();
  for (const event of speaking) {
    const judged = judge(event, trust, identity);
    if (judged.tag !== "accepted") continue;
    bySender.set(judged.sender, [...bySender.get(judged.sender) ?? [], event]);
  }
  for (const [sender, events] of bySender) {
    const did = agentOf(trust, sender)?.did ?? "";
    if (did !== "") await learn(deliveries, { sender, did }, events);
  }
}

async function learn(
  deliveries: Deliveries,
  { sender, did }: { readonly sender: Handle; readonly did: string },
  events: readonly WireEvent[],
): Promise<void> {
  const { journal, outgoing, clock } = deliveries;
  const entries = new Map<string, JournalEntry>();
  let ignored = 0;
  for (const event of events) {
    const found = claimsOf(event, did);
    ignored += found.ignored;
    for (const { eventId, step, evidence } of found.claims) {
      const known = await outgoing.stepsOf(sender, eventId, did);
      if (known === undefined) ignored++;
      else if (!known.has(step) && !entries.has(`${eventId} ${step}`)) {
        const at = clock.timestamp();
        entries.set(`${eventId} ${step}`, { event_id: eventId, step, at, evidence });
      }
    }
  }
  await journal.record(sender, [...entries.values()]);
  if (ignored > 0) deliveries.receipts.countIgnored(sender, ignored);
}

function claimsOf(event: WireEvent, did: string): {
  readonly claims: readonly Claim[];
  readonly ignored: number;
} {
  const by = { from: did, by: event.id };
  if (!isReceipt(event)) {
    const eventId = repliesTo(event.value);
    if (eventId === undefined) return { claims: [], ignored: 0 };
    return { claims: [{ eventId, step: "answered", evidence: by }], ignored: 0 };
  }
  const { messages, at: said, ignored } = readReceipt(member(event.value, "body"));
  const claims = messages.map(({ eventId, step, reason }) => ({
    eventId,
    step,
    evidence: { ...by, said, ...(reason === undefined ? {} : { reason }) },
  }));
  return { claims, ignored };
}
