/** A page of a slot's log: from memory when it lies in the tail, else segment by segment. */
import type { EpochMs } from "../../protocol/ids.ts";
import { isLive } from "./intake.ts";
import { introKey } from "./kv_rows.ts";
import { damaged, type Entry as Packed, packSegment, unpackSegment } from "./packing.ts";
import { readSegments } from "./segments.ts";
import type { SlotLog } from "./slot_log.ts";
import type { Entry, Page, Run } from "./slot_store.ts";

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

export async function* pageOf(kv: Deno.Kv, log: SlotLog, bounds: Bounds): Page {
  for await (const entries of entriesOf(kv, log, bounds)) yield entries.map(({ bytes }) => bytes);
}

/** The whole page at once. */
export async function runOf(kv: Deno.Kv, log: SlotLog, bounds: Bounds): Promise<Run> {
  const entries: Entry[] = [];
  const pieces = entriesOf(kv, log, bounds);
  for (;;) {
    const piece = await pieces.next();
    if (piece.done === true) return { entries, next: piece.value, head: bounds.until - 1 };
    entries.push(...piece.value);
  }
}

/**
 * Nobody writes meanwhile what these bounds name: a log only grows.
 * @returns the seq that was not looked at any more
 */
async function* entriesOf(
  kv: Deno.Kv,
  log: SlotLog,
  bounds: Bounds,
): AsyncGenerator<readonly Entry[], number> {
  let bytes = 0;
  let events = 0;
  if (bounds.limit === 0) return bounds.from;
  for await (const stretch of stretchesOf(kv, log, bounds)) {
    const fitting: Entry[] = [];
    let next: number | undefined;
    for (const entry of await withBodies(kv, log, stretch, bounds.now)) {
      const isFirst = events === 0;
      const isOver = bytes + entry.bytes.length > bounds.maxBytes && !isFirst;
      if (isOver || events >= bounds.limit) {
        next = entry.seq;
        break;
      }
      bytes += entry.bytes.length;
      events++;
      fitting.push(entry);
    }
    if (fitting.length > 0) yield fitting;
    if (next !== undefined) return next;
  }
  return bounds.until;
}

/** Consecutive entries of the log. */
interface Stretch {
  /** Of the first. */
  readonly seq: number;
  readonly entries: readonly Packed[];
}

async function* stretchesOf(
  kv: Deno.Kv,
  log: SlotLog,
  { from: asked, until, limit }: Bounds,
): AsyncIterable<Stretch> {
  const from = Math.max(asked, firstBody(log));
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

/** @returns a seq before which no event has a body */
const firstBody = (log: SlotLog): number =>
  log.intake.reduce((first, { seq }) => Math.min(first, seq), log.dropped + 1);

/** Events that are gone are left out: their places stay, and nobody asks for them. */
async function withBodies(
  kv: Deno.Kv,
  log: SlotLog,
  { seq, entries }: Stretch,
  now: EpochMs,
): Promise<readonly Entry[]> {
  if (!entries.some(({ isIntro, isDropped }) => isIntro || isDropped === true)) {
    return entries.map(({ body, via }, i) => ({ seq: seq + i, via: via ?? null, bytes: body }));
  }
  const live = log.intake.filter((intro) =>
    intro.seq >= seq && intro.seq < seq + entries.length && isLive(intro, now)
  );
  const rows = await Promise.all(live.map((intro) => kv.get(introKey(log.id, intro.seq))));
  const introductions = new Map(live.map((intro, i) => [intro.seq, rows[i]?.value ?? undefined]));
  return entries.flatMap(({ body, isIntro, isDropped, via }, i): Entry[] => {
    if (isDropped === true) return [];
    if (!isIntro) return [{ seq: seq + i, via: via ?? null, bytes: body }];
    const text = introductions.get(seq + i);
    if (text === undefined) return [];
    if (text instanceof Uint8Array) return [{ seq: seq + i, via: null, bytes: text }];
    throw damaged("an introduction is no bytes");
  });
}
