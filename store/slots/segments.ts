/** Reading a slot's segments while they grow and are merged. */
import { joinBytes } from "../../protocol/bytes.ts";
import type { SlotId } from "../../protocol/ids.ts";
import { readSegmentKey, segmentBound } from "./kv_rows.ts";
import { announcedLength, damaged, type Entry, unpackSegment } from "./packing.ts";

/** Values fetched at a time: this many, of 60 KiB each, is what a slow reader holds. */
const VALUES_AT_A_TIME = 8;
/** A merge moves a boundary once; more misses in a row than this mean a hole. */
const MAX_MISSES = 8;

export interface ReadSegment {
  readonly firstSeq: number;
  /** From the seq that was asked for on. */
  readonly entries: readonly Entry[];
  /** Seq of the first of `entries`. */
  readonly seq: number;
  /** Of the whole segment. */
  readonly payload: Uint8Array;
  readonly count: number;
}

/**
 * The events `from` ≤ seq < `until`, all of which must be stored. Segments may be merged meanwhile:
 * a reader that finds one gone asks again where the next event is now.
 * @throws {WireError} unreadable, if an event is missing
 */
export async function* readSegments(
  kv: Deno.Kv,
  slot: SlotId,
  from: number,
  until: number,
): AsyncIterable<ReadSegment> {
  let next = from;
  for (let misses = 0; next < until; misses++) {
    if (misses > MAX_MISSES) throw damaged(`event ${next} of a slot is missing`);
    const firstSeq = await segmentHolding(kv, slot, next);
    if (firstSeq === undefined) continue;
    for await (const segment of wholeSegments(kv, slot, firstSeq, until)) {
      if (segment.firstSeq > next) break;
      const { entries, payload } = unpackSegment(segment.bytes);
      const wanted = entries.slice(next - segment.firstSeq, until - segment.firstSeq);
      if (wanted.length === 0) continue;
      const seq = next;
      next += wanted.length;
      misses = 0;
      yield {
        firstSeq: segment.firstSeq,
        entries: wanted,
        seq,
        payload,
        count: entries.length,
      };
    }
  }
}

/** The last segment that begins at `seq` or before. */
async function segmentHolding(
  kv: Deno.Kv,
  slot: SlotId,
  seq: number,
): Promise<number | undefined> {
  const bounds = { start: segmentBound(slot, 0), end: segmentBound(slot, seq + 1) };
  for await (const entry of kv.list(bounds, { limit: 1, reverse: true })) {
    return readSegmentKey(entry.key).firstSeq;
  }
  return undefined;
}

async function* wholeSegments(
  kv: Deno.Kv,
  slot: SlotId,
  firstSeq: number,
  until: number,
): AsyncIterable<{ readonly firstSeq: number; readonly bytes: Uint8Array }> {
  let chunks: Uint8Array[] = [];
  let have = 0;
  let wanted = 0;
  const bounds = { start: segmentBound(slot, firstSeq), end: segmentBound(slot, until) };
  for await (const { key, value } of kv.list(bounds, { batchSize: VALUES_AT_A_TIME })) {
    const at = readSegmentKey(key);
    if (!(value instanceof Uint8Array)) throw damaged("a segment is no bytes");
    if (at.chunk === 0) {
      chunks = [];
      have = 0;
      wanted = announcedLength(value);
    }
    if (at.chunk !== chunks.length) throw damaged("a chunk of a segment is missing");
    chunks.push(value);
    have += value.length;
    if (have < wanted) continue;
    yield { firstSeq: at.firstSeq, bytes: chunks.length === 1 ? value : joinBytes(chunks) };
  }
}
