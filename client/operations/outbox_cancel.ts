/**
 * Takes queued messages back: the line is blanked in place, so that neither this program nor 0.5.19
 * sends it, and the journal says so. Only what no relay is known to have stored.
 * See docs/protocol/extensions.md §14 ruling 1.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { type EventId, type Handle, isEventId } from "../../protocol/ids.ts";
import { quote } from "../../protocol/json/quote.ts";
import { streamPlaceOf } from "../../protocol/delivery/thread.ts";
import { backlogOf, backlogs, type Waiting } from "../../store/mail/backlog.ts";
import { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import { blankLine } from "../../store/mail/blank_line.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import type { ClientContext } from "../context.ts";
import type { Operation } from "../operation.ts";

const FEWEST_DIGITS = 8;

const OutboxCancelInput = z.object({
  /** Event ids, or their first digits. */
  ids: z.array(
    z.string().regex(
      /^[0-9a-f]{8,64}$/,
      `expected at least ${FEWEST_DIGITS} digits of an event id`,
    ),
  ).min(1, "expected an event id"),
});

const OutboxCancelOutput = z.object({
  cancelled: z.array(z.object({ event_id: z.string(), peer: z.string() })),
  /** Too late, or never there. */
  refused: z.array(z.object({ event_id: z.string(), reason: z.string() })),
});

/**
 * A message that was on its way when its connection broke may have got there: nobody here knows.
 * @throws {WireError} usage; locked, while messages to that peer are on their way; unreadable;
 * write_failed
 */
export const outboxCancel = {
  input: OutboxCancelInput,
  output: OutboxCancelOutput,
  async run(context, { ids }) {
    const cancelled: z.output<typeof OutboxCancelOutput>["cancelled"] = [];
    const refused: z.output<typeof OutboxCancelOutput>["refused"] = [];
    for (const id of new Set(ids)) {
      const found = await find(context, id);
      const reason = found.tag === "none" ? found.reason : await cancel(context, found);
      if (found.tag === "message" && reason === undefined) {
        cancelled.push({ event_id: found.id, peer: found.peer });
      } else refused.push({ event_id: id, reason: reason ?? "it is not there any more" });
    }
    return { cancelled, refused };
  },
} satisfies Operation<typeof OutboxCancelInput, typeof OutboxCancelOutput>;

interface Message {
  readonly tag: "message";
  readonly peer: Handle;
  readonly id: EventId;
}

async function find(
  { home: { platform: { files }, paths: { stateRoot } } }: ClientContext,
  digits: string,
): Promise<Message | { readonly tag: "none"; readonly reason: string }> {
  const found = new Map<string, Message>();
  const journal = new DeliveryJournal({ files, stateRoot });
  for (const [peer, waiting] of await backlogs({ files, stateRoot })) {
    for (const { id } of waiting) {
      if (isEventId(id) && id.startsWith(digits)) found.set(id, { tag: "message", peer, id });
    }
    if (found.size > 0) continue;
    for (const [id, steps] of await journal.find(peer, digits)) {
      const step = steps.at(-1)?.step ?? "queued";
      return { tag: "none", reason: `${id} is ${step} already` };
    }
  }
  const [only, ...more] = found.values();
  if (more.length > 0) {
    throw new WireError("usage", `${quote(digits)} fits ${found.size} messages: type more digits`);
  }
  return only ?? { tag: "none", reason: "no message of that id waits: wire outbox list" };
}

/** @returns why it cannot be; undefined when it is done, and was looked up again */
async function cancel(
  { home: { platform: { files, clock }, paths: { stateRoot } } }: ClientContext,
  { peer, id }: Message,
): Promise<string | undefined> {
  const outbox = new Outbox({ files, stateRoot });
  // Nothing to this peer is on its way now, and nothing begins its way before this is done.
  await using _posting = await outbox.lockPosting(peer, "wire outbox cancel");
  await using _appending = await outbox.lockAppends(peer, "wire outbox cancel");
  // Only whoever sends may cut the journal.
  const journal = new DeliveryJournal({ files, stateRoot, limits: NEVER_CUT });
  const there = await standing({ files, stateRoot }, journal, peer, id);
  const [message] = there;
  if (message === undefined) {
    const step = await journal.furthestStep(peer, id);
    return step === undefined ? "it is not there any more" : `it is ${step} already`;
  }
  const place = streamPlaceOf(message.event.value);
  const evidence = place === undefined ? {} : { stream: place.stream, seq: place.seq };
  for (const line of there) await blankLine(files, outbox.path(peer), line);
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const entry = { event_id: id, step: "cancelled", at: clock.timestamp(), evidence } as const;
    await journal.record(peer, [entry]);
    // A journal that was cut at that moment has lost the line.
    if ((await journal.history(peer, id)).length > 0) break;
  }
  const left = await standing({ files, stateRoot }, journal, peer, id);
  if (left.length === 0) return undefined;
  throw new WireError("conflict", `Cannot cancel ${id}: somebody writes to the outbox of ${peer}`);
}

const NEVER_CUT = { longestBytes: Infinity, keptBytes: Infinity };
const MOST_ATTEMPTS = 3;

/** An agent may have copied the line: then it stands there more than once. */
async function standing(
  deps: Parameters<typeof backlogOf>[0],
  journal: DeliveryJournal,
  peer: Handle,
  id: EventId,
): Promise<Waiting[]> {
  return (await backlogOf(deps, journal, peer)).filter((waiting) => waiting.id === id);
}
