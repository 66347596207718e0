/** What `wire status MESSAGE` says of a message that we sent. See docs/protocol/extensions.md §5. */
import { z } from "zod";
import { DELIVERY_STEPS, furthestOf } from "../../protocol/delivery/steps.ts";
import { WireError } from "../../protocol/errors.ts";
import { type Handle, isEventId } from "../../protocol/ids.ts";
import { backlogs } from "../../store/mail/backlog.ts";
import { DeliveryJournal, type JournalEntry } from "../../store/mail/delivery_journal.ts";
import { handlesOf, mailPaths } from "../../store/mail/mail_paths.ts";
import type { ClientContext } from "../context.ts";
import { checkMessageId, findMessage } from "../history/find_message.ts";
import { backlogStatus } from "./backlog_status.ts";

export const MessageStatus = z.object({
  event_id: z.string(),
  peer: z.string(),
  /** The furthest with evidence. */
  step: z.enum(DELIVERY_STEPS),
  steps: z.array(z.object({
    step: z.enum(DELIVERY_STEPS),
    /** RFC 3339, by our clock: when we knew. */
    at: z.string(),
    evidence: z.record(z.string(), z.unknown()),
  })),
  /** Of one that no relay has: why. */
  waits_because: z.string().optional(),
});
export type MessageStatus = z.output<typeof MessageStatus>;

/**
 * @param prefix an event id, or as much of it as no other message begins with
 * @throws {WireError} usage, not_found, conflict (several begin so), unreadable
 */
export async function messageStatus(
  context: ClientContext,
  prefix: string,
): Promise<MessageStatus> {
  checkMessageId(prefix, "look up the message");
  const found = await messages(context, prefix);
  const [message, ...others] = found;
  if (message === undefined) {
    throw await notOurs(context, prefix);
  }
  if (others.length > 0) {
    const ids = found.slice(0, 4).map(({ id }) => id.slice(0, prefix.length + 4)).join(", ");
    throw new WireError("conflict", `${found.length} messages begin with ${prefix}: ${ids} …`);
  }
  const { id: event_id, peer, entries } = message;
  const step = furthestOf(entries.map((entry) => entry.step)) ?? "queued";
  const steps = entries.map(({ step, at, evidence }) => ({ step, at, evidence: { ...evidence } }));
  if (step !== "queued") return { event_id, peer, step, steps };
  const waiting = (await backlogStatus(context)).find((entry) => entry.peer === peer);
  const because = waiting === undefined ? {} : { waits_because: waiting.reason };
  return { event_id, peer, step, steps, ...because };
}

/** A message that came, maybe long ago, has no steps: but it is there. */
async function notOurs(context: ClientContext, prefix: string): Promise<WireError> {
  const text = `no message of ours has the id ${prefix}`;
  const received = await findMessage(context, prefix);
  if (received?.direction !== "in") return new WireError("not_found", text);
  return new WireError("not_found", `${text}: ${received.peer} has sent it`, {
    hint: `wire search --show ${prefix}`,
  });
}

interface Found {
  readonly id: string;
  readonly peer: Handle;
  readonly entries: readonly JournalEntry[];
}

async function messages(
  { home, platform: { files } }: ClientContext,
  prefix: string,
): Promise<Found[]> {
  const { stateRoot } = home.paths;
  const journal = new DeliveryJournal({ files, stateRoot });
  const found = new Map<string, Found>();
  for (const peer of handlesOf(await files.list(mailPaths(stateRoot).delivery))) {
    for (const [id, entries] of await journal.find(peer, prefix)) {
      found.set(`${peer} ${id}`, { id, peer, entries });
    }
  }
  for (const [peer, waiting] of await backlogs({ files, stateRoot })) {
    for (const { id, timestamp } of waiting) {
      if (!isEventId(id) || !id.startsWith(prefix) || found.has(`${peer} ${id}`)) continue;
      const evidence = { outbox: `${peer}.jsonl` };
      found.set(`${peer} ${id}`, {
        id,
        peer,
        entries: [{ event_id: id, step: "queued", at: timestamp, evidence }],
      });
    }
  }
  return [...found.values()];
}
