/**
 * Signs the partial lines that agents append to an outbox: remember what each becomes, and its number,
 * append the signed lines, blank the partial ones in place; all of it under the outbox's append lock.
 * Each step may be repeated after a crash. See docs/protocol/extensions.md §7 and §14 ruling 1.
 */
import type { Clock } from "../../platform/clock.ts";
import type { Files } from "../../platform/files.ts";
import type { StreamPlace } from "../../protocol/delivery/thread.ts";
import type { EventId, Handle } from "../../protocol/ids.ts";
import type { Outbox } from "../../store/mail/outbox.ts";
import type { LineProblem } from "../../store/mail/outbox_problems.ts";
import type { ArchivedOutbox } from "../../store/mail/outbox_archive.ts";
import { LARGEST_BATCH, type SigningIntents } from "../../store/mail/signing_intents.ts";
import type { Signer } from "./complete_partial.ts";
import { type PartialLine, planSigning, runsOf, type Stretch } from "./signing_plan.ts";

export interface SigningDependencies {
  readonly files: Files;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly intents: SigningIntents;
  readonly signer: Signer;
  /** What an event to this peer is addressed to when its line does not say. */
  recipientOf(peer: Handle): Promise<string>;
  /** The next number to that peer, asked under the append lock; undefined where it takes none. */
  placeFor(peer: Handle): Promise<StreamPlace | undefined>;
}

export interface Partials {
  /** Every partial line that stands in the file now, in order. */
  readonly lines: readonly PartialLine[];
  /** The archived outbox in which they stand, to be blanked there; left out: the outbox itself. */
  readonly archived?: ArchivedOutbox;
  /** Whether a signed event stands in the file already. */
  isKnown(id: EventId): boolean;
}

/** @returns lines that cannot be signed; they are left as they are */
export async function signPartials(
  peer: Handle,
  { lines, archived, isKnown }: Partials,
  deps: SigningDependencies,
): Promise<LineProblem[]> {
  const problems: LineProblem[] = [];
  const to = await deps.recipientOf(peer);
  let intents = await deps.intents.load(peer);
  const file = archived?.path ?? deps.outbox.path(peer);
  const appended = new Set<EventId>();
  for (let from = 0; from < lines.length; from += LARGEST_BATCH) {
    await using _lock = await deps.outbox.lockAppends(peer, "wire daemon, signing");
    // Some may have been taken back before the lock was ours.
    const there = await standing(file, lines.slice(from, from + LARGEST_BATCH), deps.files);
    const plan = planSigning(there, {
      peer,
      to,
      signer: deps.signer,
      archived: archived?.number,
      intents,
      now: deps.clock.now(),
      place: await deps.placeFor(peer),
      timestamp: () => deps.clock.timestamp(),
    });
    problems.push(...plan.problems);
    if (plan.hasNewIntents) await deps.intents.save(peer, intents = [...plan.intents]);
    const missing = [...plan.events].filter(([id]) => !isKnown(id) && !appended.has(id));
    if (missing.length > 0) {
      const text = missing.map(([, event]) => `${event.text}\n`).join("");
      await deps.files.append(deps.outbox.path(peer), text, { point: "outbox.sign" });
      for (const [id] of missing) appended.add(id);
    }
    for (const run of runsOf(plan.signed)) await blankRun(file, run, deps.files);
  }
  return problems;
}

/** Those that were not blanked, or overwritten, since they were read. */
export async function standing<L extends Stretch>(
  file: string,
  lines: readonly L[],
  files: Files,
): Promise<L[]> {
  const there: L[] = [];
  for (const run of runsOf(lines)) {
    const [first, last] = [run.at(0), run.at(-1)];
    if (first === undefined || last === undefined) continue;
    const bytes = await files.readAt(file, first.offset, last.end - first.offset);
    there.push(
      ...run.filter(({ offset, end, raw }) =>
        decoder.decode(bytes.subarray(offset - first.offset, end - first.offset - 1)) === raw
      ),
    );
  }
  return there;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const SPACE = 0x20;
const LINE_FEED = 0x0a;

/** Spaces in place of the lines; the file keeps its length and its line feeds. */
export async function blankRun(file: string, run: readonly Stretch[], files: Files): Promise<void> {
  const [first, last] = [run.at(0), run.at(-1)];
  if (first === undefined || last === undefined) return;
  const length = last.end - first.offset;
  const there = decoder.decode(await files.readAt(file, first.offset, length));
  // Somebody rewrote the file: the follower will see it, and nothing of theirs is overwritten.
  if (there !== run.map((line) => `${line.raw}\n`).join("")) return;
  const spaces = new Uint8Array(length).fill(SPACE);
  for (const line of run) spaces[line.end - first.offset - 1] = LINE_FEED;
  await files.overwrite(file, first.offset, spaces, { point: "outbox.blank" });
}
