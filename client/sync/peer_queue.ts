/**
 * One peer's outbox as a queue: what stands in the file, less what the journal says is delivered.
 * Reads each line once, signs what agents appended, and forgets everything when anything fails, so
 * that the next attempt starts from the disk. One at a time, under the home's daemon.lock.
 */
import type { EventId, Handle } from "../../protocol/ids.ts";
import type { DeliveryJournal, JournalEntry } from "../../store/mail/delivery_journal.ts";
import type { Line } from "../../store/mail/jsonl.ts";
import { OutboxFollower } from "../../store/mail/outbox_follower.ts";
import { outboxLine } from "../../store/mail/outbox_line.ts";
import type { LineProblem, OutboxProblems } from "../../store/mail/outbox_problems.ts";
import { type SigningDependencies, signPartials } from "./sign_partials.ts";
import { checkSignedLine } from "./signed_line.ts";
import type { PartialLine } from "./signing_plan.ts";

export interface QueueDependencies extends SigningDependencies {
  readonly stateRoot: string;
  readonly journal: DeliveryJournal;
  readonly problems: OutboxProblems;
}

/** Where a line stands that is still to be delivered. */
interface Place {
  readonly offset: number;
  readonly length: number;
}

/** The position is an optimisation for the next start: not worth an fsync per message. */
const SAVE_AFTER_BYTES = 64 * 1024;

export class PeerQueue {
  readonly peer: Handle;
  readonly #deps: QueueDependencies;
  #follower: OutboxFollower;
  #isResumed = false;
  readonly #pending = new Map<EventId, Place>();
  /** Loaded when the first line makes it necessary. */
  #delivered: Set<string> | undefined;
  #problems: LineProblem[] = [];
  #savedProblems: readonly LineProblem[] = [];
  /** Delivered, but the journal could not be written. */
  #unrecorded: JournalEntry[] = [];

  constructor(peer: Handle, deps: QueueDependencies) {
    this.peer = peer;
    this.#deps = deps;
    this.#follower = new OutboxFollower(peer, deps);
  }

  /** Ids to be delivered, in the order of the file. */
  pending(): EventId[] {
    return [...this.#pending.keys()];
  }

  /** Lines that can never be posted. */
  get problems(): readonly LineProblem[] {
    return this.#problems;
  }

  /** Whether the file changed since `refresh`. */
  hasNews(): Promise<boolean> {
    return this.#follower.hasChanged();
  }

  /** Takes in what the file has now. @throws {WireError} and then knows nothing */
  async refresh(): Promise<void> {
    try {
      await this.#refresh();
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** The event's stored form, or undefined when somebody rewrote the file meanwhile. */
  async read(id: EventId): Promise<string | undefined> {
    const place = this.#pending.get(id);
    if (place === undefined) return undefined;
    const bytes = await this.#deps.files.readAt(this.#follower.path, place.offset, place.length);
    const line = outboxLine({ ...lineAt(place), text: new TextDecoder().decode(bytes) });
    if (line.tag === "signed" && line.event.id === id) return line.event.text;
    this.#forget();
    return undefined;
  }

  /** Takes delivered messages out of the queue and writes that down. @throws {WireError} write_failed */
  async settle(entries: readonly JournalEntry[]): Promise<void> {
    for (const { event_id } of entries) {
      this.#pending.delete(event_id);
      this.#delivered?.add(event_id);
    }
    this.#unrecorded.push(...entries);
    await this.#deps.journal.record(this.peer, this.#unrecorded);
    this.#unrecorded = [];
    if (this.#follower.unsavedBytes >= SAVE_AFTER_BYTES) await this.savePosition();
  }

  /** So that the next start need not read the file again; only when nothing is left to deliver. */
  async savePosition(): Promise<void> {
    const isSettled = this.#pending.size === 0 && this.#unrecorded.length === 0;
    if (isSettled && this.#follower.unsavedBytes > 0) await this.#follower.save();
  }

  async #refresh(): Promise<void> {
    if (!this.#isResumed) await this.#resume();
    if (!await this.#follower.hasChanged()) return;
    if (await this.#follower.check() === "rewritten") {
      this.#pending.clear();
      this.#problems = [];
      this.#delivered = undefined;
    }
    for (;;) {
      const partials: PartialLine[] = [];
      for await (const line of this.#follower.lines()) await this.#take(line, partials);
      if (partials.length === 0) break;
      const isKnown = (id: EventId) => this.#pending.has(id) || this.#delivered?.has(id) === true;
      const problems = await signPartials(this.peer, { lines: partials, isKnown }, this.#deps);
      this.#problems.push(...problems);
    }
    await this.#saveProblems();
  }

  async #resume(): Promise<void> {
    this.#savedProblems = await this.#deps.problems.load(this.peer);
    const start = await this.#follower.resume();
    this.#problems = this.#savedProblems.filter(({ offset }) => offset < start);
    this.#isResumed = true;
  }

  async #take(line: Line, partials: PartialLine[]): Promise<void> {
    const found = outboxLine(line);
    if (found.tag === "blank") return;
    const delivered = await this.#deliveredIds();
    if (found.tag === "unusable") {
      this.#problems.push({ offset: line.offset, problem: found.problem });
    } else if (found.tag === "partial") {
      const { offset, end, text: raw = "" } = line;
      partials.push({ offset, end, raw, event: found.event });
    } else if (!delivered.has(found.event.id)) {
      const checked = checkSignedLine(found.event, this.#deps.signer);
      if (checked.tag === "unusable") {
        this.#problems.push({ offset: line.offset, problem: checked.problem });
      } else if (!this.#pending.has(checked.id)) {
        this.#pending.set(checked.id, { offset: line.offset, length: line.end - line.offset - 1 });
      }
    }
  }

  async #deliveredIds(): Promise<Set<string>> {
    this.#delivered ??= new Set([
      ...(await this.#deps.journal.steps(this.peer)).keys(),
      ...this.#unrecorded.map((entry) => entry.event_id),
    ]);
    return this.#delivered;
  }

  async #saveProblems(): Promise<void> {
    const isSame = this.#problems.length === this.#savedProblems.length &&
      this.#problems.every(({ offset }, at) => offset === this.#savedProblems[at]?.offset);
    if (isSame) return;
    await this.#deps.problems.save(this.peer, this.#problems);
    this.#savedProblems = [...this.#problems];
  }

  #forget(): void {
    this.#follower = new OutboxFollower(this.peer, this.#deps);
    this.#isResumed = false;
    this.#pending.clear();
    this.#delivered = undefined;
    this.#problems = [];
  }
}

const lineAt = ({ offset, length }: Place) => ({ offset, end: offset + length + 1 });
