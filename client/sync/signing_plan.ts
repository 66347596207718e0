/** What signing a batch of partial outbox lines comes to, before anything is written. Pure. */
import type { StreamPlace } from "../../protocol/delivery/thread.ts";
import type { WireEvent } from "../../protocol/event/event.ts";
import { sha256Hex } from "../../protocol/identity/keys.ts";
import { type EpochMs, type EventId, type Handle, isEventId } from "../../protocol/ids.ts";
import type { LineProblem } from "../../store/mail/outbox_problems.ts";
import type { SigningIntent } from "../../store/mail/signing_intents.ts";
import { completePartial, type Signer } from "./complete_partial.ts";

/** A line that an agent appended, complete but for its signature. */
export interface PartialLine extends Stretch {
  readonly event: WireEvent;
}

/** A line where it stands. */
export interface Stretch {
  readonly offset: number;
  /** After its line feed. */
  readonly end: number;
  /** Without its line feed. */
  readonly raw: string;
}

export interface SigningContext {
  readonly peer: Handle;
  /** The recipient of lines that name none. */
  readonly to: string;
  readonly signer: Signer;
  /** The number of the archived outbox in which the lines stand; left out: in the outbox. */
  readonly archived?: number | undefined;
  /** What was signed before, latest last. */
  readonly intents: readonly SigningIntent[];
  readonly now: EpochMs;
  /** Of the first new one, the others follow; left out: the peer looks at no numbers. */
  readonly place?: StreamPlace | undefined;
  timestamp(): string;
}

export interface SigningPlan {
  /** Those that may be asked for again, old and new. */
  readonly intents: readonly SigningIntent[];
  readonly hasNewIntents: boolean;
  /** What the lines become, each event once, in order. */
  readonly events: ReadonlyMap<EventId, WireEvent>;
  /** Lines to be blanked once all events stand in the file. */
  readonly signed: readonly PartialLine[];
  readonly problems: readonly LineProblem[];
}

/** Equal lines within this time are one message, as for `send` (docs/protocol/extensions.md §14 ruling 4). */
const REPEAT_WINDOW_MS = 120_000;

export function planSigning(lines: readonly PartialLine[], context: SigningContext): SigningPlan {
  const intents = [...context.intents];
  const used = new Set<SigningIntent>();
  let next = context.place;
  const events = new Map<EventId, WireEvent>();
  const signed: PartialLine[] = [];
  const problems: LineProblem[] = [];
  for (const line of lines) {
    const partial = sha256Hex(line.event.text);
    const earlier = intents.findLast((intent) =>
      intent.partial === partial &&
      (isAt(intent, line.offset, context.archived) || isRecent(intent, context.now))
    );
    const timestamp = earlier?.timestamp ?? context.timestamp();
    const to = earlier?.to ?? context.to;
    const place = earlier === undefined ? next : earlier.place;
    const completed = completePartial(line.event.value, { ...context, to, timestamp, place });
    if (completed.tag === "unusable" || !isEventId(completed.event.id)) {
      const problem = completed.tag === "unusable" ? completed.problem : "it has no id";
      problems.push({ offset: line.offset, problem });
      continue;
    }
    const { event, event: { id: event_id } } = completed;
    events.set(event_id, event);
    signed.push(line);
    const intent = earlier ?? {
      ...{ partial, offset: line.offset, event_id, timestamp, to, at: context.now },
      ...(context.archived === undefined ? {} : { archived: context.archived }),
      ...(place === undefined ? {} : { place: { ...place, voids: [...place.voids] } }),
    };
    used.add(intent);
    if (earlier !== undefined) continue;
    intents.push(intent);
    if (next !== undefined) next = { ...next, seq: next.seq + 1, prev: event_id, voids: [] };
  }
  const hasNewIntents = intents.length > context.intents.length;
  const kept = intents.filter((intent) => used.has(intent) || isRecent(intent, context.now));
  return { intents: kept, hasNewIntents, events, signed, problems };
}

const isAt = (intent: SigningIntent, offset: number, archived: number | undefined): boolean =>
  intent.offset === offset && intent.archived === archived;

const isRecent = ({ at }: SigningIntent, now: EpochMs): boolean => now - at <= REPEAT_WINDOW_MS;

/** Lines that stand next to each other, to be blanked with one write. */
export function runsOf<L extends Stretch>(lines: readonly L[]): L[][] {
  const runs: L[][] = [];
  for (const line of lines) {
    const run = runs.at(-1);
    if (run?.at(-1)?.end === line.offset) run.push(line);
    else runs.push([line]);
  }
  return runs;
}
