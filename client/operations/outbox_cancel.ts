/**
 * Takes queued messages back: the line is blanked in place, so that neither this program nor 0.5.19
 * sends it, and the journal says so. Only what no relay is known to have stored.
 * See docs/protocol/extensions.md §14 ruling 1.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { type Handle, isEventId } from "../../protocol/ids.ts";
import { quote } from "../../protocol/json/quote.ts";
import { backlogs } from "../../store/mail/backlog.ts";
import { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import type { ClientContext } from "../context.ts";
import type { Operation } from "../operation.ts";
import { type Queued, takeBack } from "../sync/take_back.ts";

const FEWEST_DIGITS = 8;

const OutboxCancelInput = z.object({
  /** Ids of events, or of lines that nobody has signed yet, or their first digits. */
  ids: z.array(
    z.string().regex(
      /^[0-9a-f]{8,64}$/,
      `expected at least ${FEWEST_DIGITS} digits of an event id`,
    ),
  ).min(1, "expected an event id"),
});

const OutboxCancelOutput = z.object({
  cancelled: z.array(z.object({
    /** "" of a line that nobody had signed. */
    event_id: z.string(),
    peer: z.string(),
    line: z.string().optional(),
  })),
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
    for (const digits of new Set(ids)) {
      const found = await find(context, digits);
      const reason = found.tag === "none" ? found.reason : await takeBack(context, found);
      if (found.tag === "none" || reason !== undefined) {
        refused.push({ event_id: digits, reason: reason ?? "it is not there any more" });
        continue;
      }
      const { tag, peer, id } = found;
      cancelled.push(tag === "line" ? { event_id: "", peer, line: id } : { event_id: id, peer });
    }
    return { cancelled, refused };
  },
} satisfies Operation<typeof OutboxCancelInput, typeof OutboxCancelOutput>;

async function find(
  { home: { platform: { files }, paths: { stateRoot } } }: ClientContext,
  digits: string,
): Promise<Queued | { readonly tag: "none"; readonly reason: string }> {
  const found = new Map<string, Queued>();
  const journal = new DeliveryJournal({ files, stateRoot });
  for (const [peer, waiting] of await backlogs({ files, stateRoot })) {
    for (const { id, line } of waiting) {
      if (line.startsWith(digits)) found.set(line, { tag: "line", peer, id: line });
      if (isEventId(id) && id.startsWith(digits)) found.set(id, { tag: "message", peer, id });
    }
    if (found.size > 0) continue;
    const known = await knownStep(journal, peer, digits);
    if (known !== undefined) return { tag: "none", reason: known };
  }
  const [only, ...more] = found.values();
  if (more.length > 0) {
    throw new WireError("usage", `${quote(digits)} fits ${found.size} messages: type more digits`);
  }
  return only ?? { tag: "none", reason: "no message of that id waits: wire outbox list" };
}

async function knownStep(
  journal: DeliveryJournal,
  peer: Handle,
  digits: string,
): Promise<string | undefined> {
  for (const [id, steps] of await journal.find(peer, digits)) {
    return `${id} is ${steps.at(-1)?.step ?? "queued"} already`;
  }
  return undefined;
}
