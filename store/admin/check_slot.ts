/**
 * Whether one mailbox makes sense: its events stand one after the other without a gap, each with the
 * bytes that were stored and an id of its own, and what its head says of them is so.
 */
import type { EpochMs, SlotId } from "../../protocol/ids.ts";
import { JsonError, parseJson } from "../../protocol/json/parse.ts";
import { isJsonObject, stringMember } from "../../protocol/json/value.ts";
import { REMEMBERED_ID_BYTES } from "../slots/dropping.ts";
import { digestBytes, keyOf } from "../slots/event_key.ts";
import { IdTable } from "../slots/id_table.ts";
import { isLive } from "../slots/intake.ts";
import {
  headKey,
  type HeadRow,
  healthKey,
  intakeKey,
  introKey,
  readHeadRow,
  readHealthRow,
  readIntakeRow,
  readSlotRow,
  slotKey,
} from "../slots/kv_rows.ts";
import { marksKey, readMarks } from "../slots/marks.ts";
import type { Entry } from "../slots/packing.ts";
import { checkGrants } from "./check_grants.ts";
import { type FoundSegment, segmentsOf } from "./found_segments.ts";
import { told } from "./problem.ts";

export interface SlotCheck {
  readonly events: number;
  readonly grants: number;
  readonly problems: readonly string[];
}

/** Another process may write and drop while we look: then what does not fit is looked at anew. */
const MAX_LOOKS = 16;

export async function checkSlot(
  kv: Deno.Kv,
  id: SlotId,
  now: EpochMs,
): Promise<SlotCheck> {
  let last: readonly string[] = [];
  for (let looks = 1;; looks++) {
    const before = await kv.get(headKey(id));
    const check = new Check(kv, id, now);
    const found = await check.run(before.value);
    const isStill = (await kv.get(headKey(id))).versionstamp === before.versionstamp;
    const whole = isStill ? check.withLateOnes(found) : found;
    const { problems } = whole;
    if (problems.length === 0) return whole;
    // What is said twice is no step of somebody's that we saw half of.
    const twice = problems.filter((problem) => last.includes(problem));
    if (isStill && twice.length === problems.length) return whole;
    if (looks >= MAX_LOOKS) return { ...whole, problems: twice };
    last = problems;
  }
}

class Check {
  readonly #problems: string[] = [];
  readonly #ids = new IdTable();
  /** Introductions by seq. */
  readonly #intros = new Map<number, Entry>();
  readonly #bytesByGrant = new Map<string, { events: number; bytes: number }>();
  #next = 1;
  #bytes = 0;
  /** Of the head as it was read first: what lies beyond has come since, or is damage. */
  #end = Infinity;
  #lastLate = 0;

  constructor(readonly kv: Deno.Kv, readonly id: SlotId, readonly now: EpochMs) {}

  async run(headValue: unknown): Promise<SlotCheck> {
    const { kv, id } = this;
    const head = this.#read("its head", () => readHeadRow(headValue));
    const [slot, health, marks] = await kv.getMany([slotKey(id), healthKey(id), marksKey(id)]);
    this.#end = head?.next ?? Infinity;
    this.#read("its record", () => readSlotRow(slot.value));
    if (health.value !== null) this.#read("its health", () => readHealthRow(health.value));
    const times = this.#read("its times", () => readMarks(marks.value)) ?? [];
    for await (const segment of segmentsOf(kv, id)) this.#segment(segment, head?.dropped ?? 0);
    if (head !== undefined) {
      this.#head(head);
      if ((times.at(-1)?.seq ?? 0) >= head.next) {
        this.#say("its times name events that are not there");
      }
    }
    await this.#intake();
    const grants = await checkGrants(kv, id, this.#bytesByGrant);
    this.#problems.push(...grants.problems);
    return { events: this.#next - 1, grants: grants.grants, problems: this.#problems };
  }

  /** Nothing was written meanwhile: then nothing may lie beyond the end. */
  withLateOnes(found: SlotCheck): SlotCheck {
    if (this.#lastLate === 0) return found;
    const problem = `${range(this.#end, this.#lastLate)} beyond its end`;
    return { ...found, problems: [...found.problems, problem] };
  }

  #say(problem: string): void {
    this.#problems.push(problem);
  }

  #read<T>(what: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.#say(`${what} cannot be read: ${told(error)}`);
      return undefined;
    }
  }

  #segment({ firstSeq, entries, problem }: FoundSegment, dropped: number): void {
    if (problem !== undefined) this.#say(`the segment at event ${firstSeq}: ${problem}`);
    if (firstSeq > this.#next) this.#say(`${range(this.#next, firstSeq - 1)} missing`);
    if (firstSeq < this.#next) this.#say(`${range(firstSeq, this.#next - 1)} there twice`);
    const last = firstSeq + entries.length - 1;
    if (last >= this.#end) this.#lastLate = last;
    const known = entries.slice(0, Math.max(0, this.#end - firstSeq));
    known.forEach((entry, i) => this.#entry(entry, firstSeq + i, dropped));
    this.#next = Math.max(this.#next, firstSeq + known.length);
  }

  #entry(entry: Entry, seq: number, dropped: number): void {
    const { key, digest, body, via, isIntro, isDropped } = entry;
    if (key !== undefined) {
      const other = this.#ids.seqOf(key);
      if (other === undefined) this.#ids.add(key, digest, seq);
      else this.#say(`event ${seq} has the id of event ${other}`);
    }
    if (isIntro) return void this.#intros.set(seq, entry);
    if (isDropped === true) {
      if (seq > dropped) this.#say(`event ${seq} has no body, and none was dropped there`);
      this.#bytes += key === undefined ? 0 : REMEMBERED_ID_BYTES;
      return;
    }
    this.#bytes += body.length;
    if (via !== undefined) {
      const sum = this.#bytesByGrant.get(via) ?? { events: 0, bytes: 0 };
      this.#bytesByGrant.set(via, { events: sum.events + 1, bytes: sum.bytes + body.length });
    }
    const problem = bodyProblem(entry, body);
    if (problem !== undefined) this.#say(`event ${seq} ${problem}`);
  }

  #head({ next, bytes, acked = 0, dropped = 0 }: HeadRow): void {
    if (next > this.#next) this.#say(`${range(this.#next, next - 1)} missing`);
    if (bytes !== this.#bytes) {
      this.#say(`its events take ${this.#bytes} bytes, and its head says ${bytes}`);
    }
    if (acked >= next) this.#say(`event ${acked} was acked and is not there`);
    if (dropped > acked) this.#say(`event ${dropped} was dropped and never acked`);
  }

  async #intake(): Promise<void> {
    const { kv, id } = this;
    const { value } = await kv.get(intakeKey(id));
    const intake = this.#read("its introductions", () => readIntakeRow(value)) ?? [];
    const listed = new Set(intake.map(({ seq }) => seq));
    for (const intro of intake) {
      const entry = this.#intros.get(intro.seq);
      const body = (await kv.get(introKey(id, intro.seq))).value;
      if (entry === undefined) this.#say(`introduction ${intro.seq} is none of its events`);
      else if (body === null) {
        if (isLive(intro, this.now)) this.#say(`introduction ${intro.seq} has no body`);
      } else if (!(body instanceof Uint8Array)) this.#say(`introduction ${intro.seq} is no bytes`);
      else {
        const problem = bodyProblem(entry, body);
        if (problem !== undefined) this.#say(`introduction ${intro.seq} ${problem}`);
      }
    }
    for await (const { key } of kv.list({ prefix: ["intro", id] })) {
      const seq = Number(key[2]);
      if (!listed.has(seq)) this.#say(`introduction ${seq} is not among those that are kept`);
    }
  }
}

function bodyProblem({ key, digest }: Entry, body: Uint8Array): string | undefined {
  if (digestBytes(body).toHex() !== digest.toHex()) return "has other bytes than were stored";
  let id: string | undefined;
  try {
    const value = parseJson(new TextDecoder().decode(body));
    id = isJsonObject(value) ? stringMember(value, "event_id") : undefined;
  } catch (error) {
    if (error instanceof JsonError) return "is no JSON";
    throw error;
  }
  // What was stored without an id may say one that was not allowed.
  if (key === undefined || (id !== undefined && keyOf(id).toHex() === key.toHex())) {
    return undefined;
  }
  return "stands under another id than its own";
}

const range = (from: number, to: number): string =>
  from === to ? `event ${from} is` : `events ${from} to ${to} are`;
