/** Lines of the delivery journal and of its archive. Pure. See docs/protocol/extensions.md §5. */
import { z } from "zod";
import { DELIVERY_STEPS, type DeliveryStep, isFurther } from "../../protocol/delivery/steps.ts";
import { type EventId, isEventId } from "../../protocol/ids.ts";

/** Who says so, in plain JSON; never a token. */
export type Evidence = Readonly<Record<string, unknown>>;

export interface JournalEntry {
  readonly event_id: EventId;
  readonly step: DeliveryStep;
  /** RFC 3339. */
  readonly at: string;
  readonly evidence: Evidence;
}

/** One message in the archive: each step once, as it was first known. */
export interface MessageHistory {
  readonly event_id: EventId;
  readonly steps: readonly JournalEntry[];
}

const EventIdText = z.string().refine(isEventId);
const Proof = { at: z.string(), evidence: z.record(z.string(), z.unknown()).default({}) };
const Entry = z.object({ event_id: EventIdText, step: z.enum(DELIVERY_STEPS), ...Proof });
const Archived = z.object({
  event_id: EventIdText,
  steps: z.partialRecord(z.enum(DELIVERY_STEPS), z.object(Proof)),
});

export const printEntry = ({ event_id, step, at, evidence }: JournalEntry): string =>
  JSON.stringify({ event_id, step, at, evidence }) + "\n";

/** @returns undefined for a line that is torn or foreign: the step will be reached, and written, again */
export function parseEntry(text: string): JournalEntry | undefined {
  const result = Entry.safeParse(jsonIn(text));
  return result.success ? result.data : undefined;
}

/** The id comes first: whoever searches reads no more than that. */
export function printHistory({ event_id, steps }: MessageHistory): string {
  const byStep = steps.map(({ step, at, evidence }) => [step, { at, evidence }] as const);
  return JSON.stringify({ event_id, steps: Object.fromEntries(byStep) }) + "\n";
}

export function parseHistory(text: string): MessageHistory | undefined {
  const result = Archived.safeParse(jsonIn(text));
  if (!result.success) return undefined;
  const { event_id, steps } = result.data;
  const entries = DELIVERY_STEPS.flatMap((step) => {
    const proof = steps[step];
    return proof === undefined ? [] : [{ event_id, step, ...proof }];
  });
  return { event_id, steps: entries };
}

/** Each step once, what was known first, in the order of what they prove. */
export function merged(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  const first = new Map<DeliveryStep, JournalEntry>();
  for (const entry of entries) if (!first.has(entry.step)) first.set(entry.step, entry);
  return [...first.values()].sort((a, b) => isFurther(a.step, b.step) ? 1 : -1);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // torn by a crash, or somebody else's
  }
}
