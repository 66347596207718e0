/**
 * What is known about each message that we sent, with its evidence: one line a step, in
 * `state/wire/delivery/<peer>.jsonl`. See docs/protocol/extensions.md §5. 0.5.19 has no such file
 * and posts every line again; its relay answers "duplicate".
 */
import type { Files } from "../../platform/files.ts";
import type { EventId, Handle } from "../../protocol/ids.ts";
import { isEventId } from "../../protocol/ids.ts";
import { readLines } from "./jsonl.ts";
import { mailFile, mailPaths } from "./mail_paths.ts";

/** In the order in which they are reached. `queued` needs no line: the outbox is its evidence. */
export const DELIVERY_STEPS = ["queued", "stored", "fetched", "received", "read"] as const;
export type DeliveryStep = typeof DELIVERY_STEPS[number];

export interface JournalEntry {
  readonly event_id: EventId;
  readonly step: DeliveryStep;
  /** RFC 3339. */
  readonly at: string;
  /** Who says so, in plain JSON; never a token. */
  readonly evidence: Readonly<Record<string, string>>;
}

export interface JournalDependencies {
  readonly files: Files;
  readonly stateRoot: string;
}

export class DeliveryJournal {
  readonly #files: Files;
  readonly #directory: string;

  constructor({ files, stateRoot }: JournalDependencies) {
    this.#files = files;
    this.#directory = mailPaths(stateRoot).delivery;
  }

  path(peer: Handle): string {
    return mailFile(this.#directory, peer);
  }

  /**
   * One write and one fsync for all entries.
   * @throws {WireError} write_failed: the messages count as queued and will be posted again, which
   * the relay answers with "duplicate"
   */
  async record(peer: Handle, entries: readonly JournalEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await this.#files.ensureDirectory(this.#directory);
    const text = entries.map(({ event_id, step, at, evidence }) =>
      JSON.stringify({ event_id, step, at, evidence }) + "\n"
    ).join("");
    await this.#files.append(this.path(peer), text, { point: "delivery.record" });
  }

  /** The furthest step of each message that has one. A line that is torn or foreign is passed over. */
  async steps(peer: Handle): Promise<Map<EventId, DeliveryStep>> {
    const steps = new Map<EventId, DeliveryStep>();
    for await (const { text } of readLines(this.#files, this.path(peer), 0)) {
      const entry = text === undefined ? undefined : parseEntry(text);
      if (entry === undefined) continue;
      const before = steps.get(entry.id);
      if (before === undefined || isFurther(entry.step, before)) steps.set(entry.id, entry.step);
    }
    return steps;
  }

  /** The furthest step that the journal proves for this message, or undefined. */
  async furthestStep(peer: Handle, id: EventId): Promise<DeliveryStep | undefined> {
    return (await this.steps(peer)).get(id);
  }
}

const isFurther = (step: DeliveryStep, than: DeliveryStep): boolean =>
  DELIVERY_STEPS.indexOf(step) > DELIVERY_STEPS.indexOf(than);

function parseEntry(text: string): { id: EventId; step: DeliveryStep } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // torn by a crash: the step will be reached, and written, again
  }
  if (typeof value !== "object" || value === null) return undefined;
  const id: unknown = Reflect.get(value, "event_id");
  const written: unknown = Reflect.get(value, "step");
  const step = DELIVERY_STEPS.find((known) => known === written);
  return isEventId(id) && step !== undefined ? { id, step } : undefined;
}
