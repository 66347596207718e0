/**
 * One peer's outbox as a queue: what stands in the file, less what the journal says is delivered.
 * Reads each line once, signs what agents appended, and forgets everything when anything fails, so
 * that the next attempt starts from the disk. One at a time, under the home's daemon.lock.
 */
import { legacyDid } from "../../protocol/identity/did.ts";
import { type EventId, type Handle, isEventId } from "../../protocol/ids.ts";
import { stringMember } from "../../protocol/json/value.ts";
import type { DeliveryJournal, JournalEntry, Progress } from "../../store/mail/delivery_journal.ts";
import type { Line } from "../../store/mail/jsonl.ts";
import { OutboxFollower } from "../../store/mail/outbox_follower.ts";
import { outboxLine } from "../../store/mail/outbox_line.ts";
import type { Place } from "../../store/mail/outbox_position.ts";
import type { LineProblem, OutboxProblems } from "../../store/mail/outbox_problems.ts";
import { LateLines } from "./late_lines.ts";
import { type SigningDependencies, signPartials } from "./sign_partials.ts";
import type { Message } from "./poster.ts";
import { checkSignedLine } from "./signed_line.ts";
import type { PartialLine } from "./signing_plan.ts";

export interface QueueDependencies extends SigningDependencies {
  readonly stateRoot: string;
  readonly journal: DeliveryJournal;
  readonly problems: OutboxProblems;
}

/** The position is an optimisation for the next start: not worth an fsync per message. */
const SAVE_AFTER_BYTES = 64 * 1024;

export class PeerQueue {
  readonly peer: Handle;
  readonly #deps: QueueDependencies;
  #follower: OutboxFollower;
  #late: LateLines;
  #isResumed = false;
  readonly #pending = new Map<EventId, Place>();
  /** Of the whole past, while the whole file is read. */
  #everDelivered: ReadonlySet<string> = new Set();
  /** As the journal has them; in its own hands. */
  #recent: ReadonlyMap<EventId, Progress> = new Map();
  #problems: LineProblem[] = [];
  #savedProblems: readonly LineProblem[] = [];
  /** Delivered, but the journal could not be written. */
  #unrecorded: JournalEntry[] = [];

  constructor(peer: Handle, deps: QueueDependencies) {
    this.peer = peer;
    this.#deps = deps;
    this.#follower = new OutboxFollower(peer, deps);
    this.#late = new LateLines(peer, deps);
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
  async hasNews(): Promise<boolean> {
    return await this.#follower.hasChanged() || await this.#late.hasNews();
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

  /** The message, or undefined when somebody rewrote the file meanwhile. */
  async read(id: EventId): Promise<Message | undefined> {
    const place = this.#pending.get(id);
    if (place === undefined) return undefined;
    const bytes = await this.#deps.files.readAt(this.#follower.path, place.offset, place.length);
    const line = outboxLine({ ...lineAt(place), text: new TextDecoder().decode(bytes) });
    if (line.tag === "signed" && line.event.id === id) {
      const { text, value } = line.event;
      const to = stringMember(value, "to") ?? "";
      // Queued before the peer was known: what counts is whose mailbox it goes to.
      const isUnkeyed = to === legacyDid(this.peer);
      return { id, text, to: isUnkeyed ? await this.#deps.recipientOf(this.peer) : to };
    }
    this.#forget();
    return undefined;
  }

  /** Takes delivered messages out of the queue and writes that down. @throws {WireError} write_failed */
  async settle(entries: readonly JournalEntry[]): Promise<void> {
    for (const { event_id } of entries) this.#pending.delete(event_id);
    this.#unrecorded.push(...entries);
    await this.#deps.journal.record(this.peer, this.#unrecorded);
    this.#unrecorded = [];
    await this.savePosition(SAVE_AFTER_BYTES);
  }

  /** So that the next start need not read the file again. */
  async savePosition(leastBytes = 1): Promise<void> {
    if (this.#unrecorded.length > 0) return;
    await this.#follower.save([...this.#pending.values()], leastBytes);
  }

  async #refresh(): Promise<void> {
    this.#recent = await this.#deps.journal.recent(this.peer);
    if (!this.#isResumed) await this.#resume();
    // Taken back, or proved by the peer itself.
    for (const id of this.#pending.keys()) if (this.#isDelivered(id)) this.#pending.delete(id);
    await this.#readOn();
    if (await this.#late.take((id) => this.#isKnown(id))) await this.#readOn();
  }

  async #readOn(): Promise<void> {
    if (!await this.#follower.hasChanged()) return;
    if (await this.#follower.check() === "rewritten") {
      this.#pending.clear();
      this.#problems = [];
      this.#everDelivered = await this.#deps.journal.everKnown(this.peer);
    }
    for (;;) {
      const partials: PartialLine[] = [];
      for await (const line of this.#follower.lines()) this.#take(line, partials);
      if (partials.length === 0) break;
      const isKnown = (id: EventId) => this.#isKnown(id);
      const problems = await signPartials(this.peer, { lines: partials, isKnown }, this.#deps);
      this.#problems.push(...problems);
    }
    this.#everDelivered = new Set();
    await this.#saveProblems();
  }

  async #resume(): Promise<void> {
    this.#savedProblems = await this.#deps.problems.load(this.peer);
    const left = await this.#follower.resume();
    if (left === undefined) this.#everDelivered = await this.#deps.journal.everKnown(this.peer);
    for (const place of left ?? []) {
      const bytes = await this.#deps.files.readAt(this.#follower.path, place.offset, place.length);
      this.#take({ ...lineAt(place), text: new TextDecoder().decode(bytes) }, []);
    }
    const start = this.#follower.offset;
    this.#problems = this.#savedProblems.filter(({ offset }) => offset < start);
    this.#isResumed = true;
  }

  #take(line: Line, partials: PartialLine[]): void {
    const found = outboxLine(line);
    if (found.tag === "blank") return;
    if (found.tag === "unusable") {
      this.#problems.push({ offset: line.offset, problem: found.problem });
    } else if (found.tag === "partial") {
      const { offset, end, text: raw = "" } = line;
      partials.push({ offset, end, raw, event: found.event });
    } else if (!this.#isDelivered(found.event.id)) {
      const checked = checkSignedLine(found.event, this.#deps.signer);
      if (checked.tag === "unusable") {
        this.#problems.push({ offset: line.offset, problem: checked.problem });
      } else if (!this.#pending.has(checked.id)) {
        this.#pending.set(checked.id, { offset: line.offset, length: line.end - line.offset - 1 });
      }
    }
  }

  #isKnown(id: EventId): boolean {
    return this.#pending.has(id) || this.#isDelivered(id);
  }

  #isDelivered(id: string): boolean {
    return (isEventId(id) && this.#recent.has(id)) || this.#everDelivered.has(id) ||
      this.#unrecorded.some(({ event_id }) => event_id === id);
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
    this.#late = new LateLines(this.peer, this.#deps);
    this.#isResumed = false;
    this.#pending.clear();
    this.#problems = [];
  }
}

const lineAt = ({ offset, length }: Place) => ({ offset, end: offset + length + 1 });
