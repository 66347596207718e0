/** What is known in memory about one slot: the head of its log, its ids, and what is on its way. */
import { WireError } from "../../protocol/errors.ts";
import type { SlotId } from "../../protocol/ids.ts";
import { IdTable } from "./id_table.ts";
import type { Intro } from "./intake.ts";
import { headKey, intakeKey, readHeadRow, readIntakeRow } from "./kv_rows.ts";
import { unknownSlot } from "./memory_slot_store.ts";
import { MAX_PAYLOAD_BYTES, Tail } from "./tail.ts";
import { type ReadSegment, readSegments } from "./segments.ts";

/** Bytes of memory an id takes, with its share of the index. */
const BYTES_PER_ID = 64;
const FIXED_BYTES = 1024;
const BYTES_PER_INTRO = 128;

export class SlotLog {
  readonly ids = new IdTable();
  /** Appends of events with an id that no commit has answered yet. */
  readonly inFlight = new Map<string, Promise<unknown>>();
  /** Appends that no commit has answered yet, and their bytes. */
  waiting = 0;
  waitingBytes = 0;
  /** Of the next event. */
  next = 1;
  bytes = 0;
  tail = new Tail();
  /** Introductions whose bodies are there; changes only together with the head. */
  intake: readonly Intro[] = [];
  /** Seqs of all introductions, in order, those whose bodies are gone too. */
  readonly introductions: number[] = [];
  isRetired = false;
  /** The owner has said to have read everything up to this seq. */
  acked = 0;
  /** Everything up to this seq has no body any more. */
  dropped = 0;
  /** Grows whenever events were taken over that are not known to be ours, and at retirement. */
  foreign = 0;
  /** Of the head as we know it. */
  versionstamp: string | null = null;

  private constructor(readonly id: SlotId) {}

  /** @throws {WireError} not_found, unreadable */
  static async load(kv: Deno.Kv, id: SlotId): Promise<SlotLog> {
    const log = new SlotLog(id);
    await log.refresh(kv);
    return log;
  }

  /**
   * Takes over what the store has beyond what is known here: everything at first, later what other
   * processes wrote. Commits of our own may come between, then it looks again.
   */
  async refresh(kv: Deno.Kv): Promise<void> {
    while (!await this.#catchUp(kv));
  }

  /** @returns false if the log was moved on by somebody else meanwhile */
  async #catchUp(kv: Deno.Kv): Promise<boolean> {
    const known = this.versionstamp;
    const [row, intake] = await kv.getMany([headKey(this.id), intakeKey(this.id)]);
    if (row.versionstamp === null) throw unknownSlot();
    if (row.versionstamp === this.versionstamp) return true;
    const head = readHeadRow(row.value);
    for await (const segment of readSegments(kv, this.id, this.next, head.next)) {
      if (this.versionstamp !== known || this.next !== segment.seq) return false;
      this.#take(segment);
    }
    if (this.versionstamp !== known || this.next !== head.next) return false;
    this.bytes = head.bytes;
    this.acked = head.acked ?? 0;
    this.dropTo(head.dropped ?? 0);
    this.intake = readIntakeRow(intake.value);
    if (head.retired === true && !this.isRetired) this.foreign += 1;
    this.isRetired = head.retired === true;
    this.versionstamp = row.versionstamp;
    return true;
  }

  /** Segments up to there were rewritten: they are no end of the log to be merged any more. */
  dropTo(dropped: number): void {
    if (dropped === this.dropped) return;
    this.dropped = dropped;
    this.tail = new Tail(this.tail.parts.filter(({ firstSeq }) => firstSeq > dropped));
  }

  #take({ firstSeq, seq, entries, payload, count }: ReadSegment): void {
    entries.forEach(({ key, digest, isIntro }, i) => {
      if (isIntro) this.introductions.push(seq + i);
      if (key !== undefined) this.ids.add(key, digest, seq + i);
    });
    this.next = seq + entries.length;
    this.foreign += 1;
    if (payload.length > MAX_PAYLOAD_BYTES) {
      this.tail = new Tail();
      return;
    }
    const part = { firstSeq, count, payloads: [payload], bytes: payload.length };
    const before = this.tail.parts.filter((known) => known.firstSeq < firstSeq);
    const fits = this.tail.bytes + part.bytes <= MAX_PAYLOAD_BYTES;
    this.tail = new Tail(fits ? [...before, part] : [part]);
  }

  get memoryBytes(): number {
    return FIXED_BYTES + this.ids.size * BYTES_PER_ID + this.tail.bytes +
      this.intake.length * BYTES_PER_INTRO;
  }
}

export const notStored = (cause: unknown): WireError =>
  new WireError(
    "write_failed",
    `Cannot store the event: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  );
