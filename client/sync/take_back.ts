/**
 * Takes one queued message out of an outbox, signed or not, wherever it stands: its lines are blanked in
 * place. Whoever is killed in between has taken it back or not; the next `wire outbox list` says which.
 */
import { streamPlaceOf } from "../../protocol/delivery/thread.ts";
import { WireError } from "../../protocol/errors.ts";
import { sha256Hex } from "../../protocol/identity/keys.ts";
import { type EventId, type Handle, isEventId } from "../../protocol/ids.ts";
import { backlogOf, type Waiting } from "../../store/mail/backlog.ts";
import { blankLine } from "../../store/mail/blank_line.ts";
import { DeliveryJournal, type JournalEntry } from "../../store/mail/delivery_journal.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import { SigningIntents } from "../../store/mail/signing_intents.ts";
import type { ClientContext } from "../context.ts";

export type Queued =
  | { readonly tag: "message"; readonly peer: Handle; readonly id: EventId }
  /** That nobody has signed: as `Waiting` calls it. */
  | { readonly tag: "line"; readonly peer: Handle; readonly id: string };

/**
 * @returns why it cannot be; undefined when it is done, and was looked up again
 * @throws {WireError} locked, while messages to that peer are on their way; unreadable; write_failed;
 * conflict
 */
export async function takeBack(
  { home: { platform: { files, clock }, paths: { stateRoot } } }: ClientContext,
  queued: Queued,
): Promise<string | undefined> {
  const { peer, id } = queued;
  const outbox = new Outbox({ files, stateRoot });
  // Nothing to this peer is on its way now, and nothing begins its way before this is done.
  await using _posting = await outbox.lockPosting(peer, "wire outbox cancel");
  await using _appending = await outbox.lockAppends(peer, "wire outbox cancel");
  // Only whoever sends may cut the journal.
  const journal = new DeliveryJournal({ files, stateRoot, limits: NEVER_CUT });
  const isIt = (one: Waiting) => queued.tag === "line" ? one.line === id : one.id === id;
  const waiting = () => backlogOf({ files, stateRoot }, journal, peer);
  const blank = async (lines: readonly Waiting[]) => {
    for (const line of lines) {
      await blankLine(files, line.archived?.path ?? outbox.path(peer), line);
    }
  };
  const all = await waiting();
  // An agent may have copied the line: then it stands there more than once.
  const there = all.filter(isIt);
  const [first] = there;
  const at = clock.timestamp();
  if (first === undefined) {
    const step = queued.tag === "line" ? undefined : await journal.furthestStep(peer, queued.id);
    return step === undefined ? "it is not there any more" : `it is ${step} already`;
  }
  if (queued.tag === "line") {
    const begun = await begunFrom({ files, stateRoot }, peer, there);
    for (const event_id of begun.keys()) {
      const step = await journal.furthestStep(peer, event_id);
      const isSent = step !== undefined && step !== "cancelled";
      if (isSent) return `it was signed as ${event_id}, which is ${step} already`;
    }
    // Whoever was signing it has died: first nobody of ours sends what became of it, then all goes.
    const gone = [...begun].map(([event_id, evidence]) => (
      { event_id, step: "cancelled", at, evidence } as const
    ));
    await record(journal, peer, gone);
    await blank(all.filter((one) => isEventId(one.id) && begun.has(one.id)));
    await blank(there);
  } else {
    const place = streamPlaceOf(first.event.value);
    const evidence = place === undefined ? {} : { stream: place.stream, seq: place.seq };
    await blank(there);
    await record(journal, peer, [{ event_id: queued.id, step: "cancelled", at, evidence }]);
  }
  if (!(await waiting()).some(isIt)) return undefined;
  throw new WireError("conflict", `Cannot cancel ${id}: somebody writes to the outbox of ${peer}`);
}

/** Events that these lines were about to become, or are already, by id; each with its number. */
async function begunFrom(
  deps: { readonly files: ClientContext["platform"]["files"]; readonly stateRoot: string },
  peer: Handle,
  lines: readonly Waiting[],
): Promise<Map<EventId, JournalEntry["evidence"]>> {
  const found = new Map<EventId, JournalEntry["evidence"]>();
  for (
    const { partial, offset, archived, event_id, place } of await new SigningIntents(deps).load(
      peer,
    )
  ) {
    const isOf = lines.some((line) =>
      line.offset === offset && line.archived?.number === archived &&
      sha256Hex(line.event.text) === partial
    );
    if (!isOf) continue;
    found.set(event_id, place === undefined ? {} : { stream: place.stream, seq: place.seq });
  }
  return found;
}

const NEVER_CUT = { longestBytes: Infinity, keptBytes: Infinity };
const MOST_ATTEMPTS = 3;

async function record(
  journal: DeliveryJournal,
  peer: Handle,
  entries: readonly JournalEntry[],
): Promise<void> {
  let missing = entries;
  for (let attempt = 1; attempt <= MOST_ATTEMPTS && missing.length > 0; attempt++) {
    await journal.record(peer, missing);
    // A journal that was cut at that moment has lost the line.
    const left: JournalEntry[] = [];
    for (const entry of missing) {
      const known = await journal.history(peer, entry.event_id);
      if (known.length === 0) left.push(entry);
    }
    missing = left;
  }
}
