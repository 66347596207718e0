/** A page of a slot's log: from memory when it lies in the tail, else segment by segment. */
import type { EpochMs } from "../../protocol/ids.ts";
import { isLive } from "./intake.ts";
import { introKey } from "./kv_rows.ts";
import { damaged, type Entry, packSegment, unpackSegment } from "./packing.ts";
import { readSegments } from "./segments.ts";
import type { SlotLog } from "./slot_log.ts";
import type { Page } from "./slot_store.ts";

export interface Bounds {
  /** Seq of the first event. */
  readonly from: number;
  /** Seq after the last event. */
  readonly until: number;
  /** Of events that are still there. */
  readonly limit: number;
  /** The page ends before it has more bytes, but never before its first event. */
  readonly maxBytes: number;
  /** Introductions that are too old by then are left out. */
  readonly now: EpochMs;
}

/** Nobody writes meanwhile what these bounds name: a log only grows. */
export async function* pageOf(kv: Deno.Kv, log: SlotLog, bounds: Bounds): Page {
  let bytes = 0;
  let events = 0;
  if (bounds.limit === 0) return;
  for await (const run of entriesOf(kv, log, bounds)) {
    const bodies = await bodiesOf(kv, log, run, bounds.now);
    const fitting: Uint8Array[] = [];
    for (const body of bodies.slice(0, bounds.limit - events)) {
      const isFirst = bytes === 0;
      bytes += body.length;
      if (bytes > bounds.maxBytes && !isFirst) break;
      fitting.push(body);
    }
    events += fitting.length;
    if (fitting.length > 0) yield fitting;
    if (bytes > bounds.maxBytes || events >= bounds.limit) return;
  }
}

/** Consecutive entries of the log. */
interface Run {
  /** Of the first. */
  readonly seq: number;
  readonly entries: readonly Entry[];
}

async function* entriesOf(
  kv: Deno.Kv,
  log: SlotLog,
  { from, until, limit }: Bounds,
): AsyncIterable<Run> {
  if (from >= until) return;
  const { parts } = log.tail;
  const [first] = parts;
  if (first !== undefined && first.firstSeq <= from) {
    for (const { firstSeq, count, payloads } of parts) {
      if (firstSeq >= until) return;
      if (firstSeq + count <= from) continue;
      const { entries } = unpackSegment(packSegment(payloads, count));
      const skipped = Math.max(0, from - firstSeq);
      yield { seq: firstSeq + skipped, entries: entries.slice(skipped, until - firstSeq) };
    }
    return;
  }
  // Where nothing is missing, no more is read than the page holds.
  const near = Math.min(until, from + limit);
  yield* readSegments(kv, log.id, from, near);
  if (near < until) yield* readSegments(kv, log.id, near, until);
}

/** Introductions that are gone are left out: their places stay, and nobody asks for them. */
async function bodiesOf(
  kv: Deno.Kv,
  log: SlotLog,
  { seq, entries }: Run,
  now: EpochMs,
): Promise<readonly Uint8Array[]> {
  if (!entries.some(({ isIntro }) => isIntro)) return entries.map(({ body }) => body);
  const live = log.intake.filter((intro) =>
    intro.seq >= seq && intro.seq < seq + entries.length && isLive(intro, now)
  );
  const rows = await Promise.all(live.map((intro) => kv.get(introKey(log.id, intro.seq))));
  const introductions = new Map(live.map((intro, i) => [intro.seq, rows[i]?.value ?? undefined]));
  return entries.flatMap(({ body, isIntro }, i) => {
    if (!isIntro) return [body];
    const text = introductions.get(seq + i);
    if (text === undefined) return [];
    if (text instanceof Uint8Array) return [text];
    throw damaged("an introduction is no bytes");
  });
}
