/** A page of a slot's log: from memory when it lies in the tail, else segment by segment. */
import { unpackSegment } from "./packing.ts";
import { packSegment } from "./packing.ts";
import { readSegments } from "./segments.ts";
import type { SlotLog } from "./slot_log.ts";
import type { Page } from "./slot_store.ts";

export interface Bounds {
  /** Seq of the first event. */
  readonly from: number;
  /** Seq after the last event. */
  readonly until: number;
  /** The page ends before it has more bytes, but never before its first event. */
  readonly maxBytes: number;
}

/** Nobody writes meanwhile what these bounds name: a log only grows. */
export async function* pageOf(kv: Deno.Kv, log: SlotLog, bounds: Bounds): Page {
  let bytes = 0;
  for await (const bodies of bodiesOf(kv, log, bounds)) {
    const fitting: Uint8Array[] = [];
    for (const body of bodies) {
      const isFirst = bytes === 0;
      bytes += body.length;
      if (bytes > bounds.maxBytes && !isFirst) break;
      fitting.push(body);
    }
    if (fitting.length > 0) yield fitting;
    if (bytes > bounds.maxBytes) return;
  }
}

async function* bodiesOf(
  kv: Deno.Kv,
  log: SlotLog,
  { from, until }: Bounds,
): AsyncIterable<readonly Uint8Array[]> {
  if (from >= until) return;
  const { parts } = log.tail;
  const [first] = parts;
  if (first !== undefined && first.firstSeq <= from) {
    for (const { firstSeq, count, payloads } of parts) {
      if (firstSeq >= until) return;
      if (firstSeq + count <= from) continue;
      const { entries } = unpackSegment(packSegment(payloads, count));
      const wanted = entries.slice(Math.max(0, from - firstSeq), until - firstSeq);
      yield wanted.map(({ body }) => body);
    }
    return;
  }
  for await (const { entries } of readSegments(kv, log.id, from, until)) {
    yield entries.map(({ body }) => body);
  }
}
