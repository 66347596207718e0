/** A slot's segments as they lie there, the damaged ones too. */
import { joinBytes } from "../../protocol/bytes.ts";
import type { SlotId } from "../../protocol/ids.ts";
import { readSegmentKey, segmentBound } from "../slots/kv_rows.ts";
import { announcedLength, type Entry, HEADER_BYTES, unpackSegment } from "../slots/packing.ts";
import { told } from "./problem.ts";

export interface FoundSegment {
  readonly firstSeq: number;
  /** Empty where the segment cannot be read. */
  readonly entries: readonly Entry[];
  readonly problem: string | undefined;
}

const VALUES_AT_A_TIME = 8;

interface Chunks {
  readonly firstSeq: number;
  readonly bytes: Uint8Array[];
  problem: string | undefined;
}

/** As many small segments may be merged into the first of them while they are read. */
const HELD = 64;
/** A gap that stays is one. */
const MAX_LOOKS_AT_GAP = 16;

/**
 * In order of their first seq. A relay may merge small segments meanwhile: where some seem to be
 * missing, the last ones are read anew.
 */
export async function* segmentsOf(kv: Deno.Kv, slot: SlotId): AsyncIterable<FoundSegment> {
  let held: FoundSegment[] = [];
  let looks = 0;
  let from: number | undefined = -Infinity;
  while (from !== undefined) {
    const segments: AsyncIterable<FoundSegment> = storedSegments(kv, slot, from);
    from = undefined;
    for await (const segment of segments) {
      const last = held.at(-1);
      const isGap = last !== undefined && segment.firstSeq > last.firstSeq + last.entries.length;
      if (isGap && looks < MAX_LOOKS_AT_GAP) {
        looks += 1;
        from = held[0]?.firstSeq;
        held = [];
        break;
      }
      held.push(segment);
      if (held.length <= HELD) continue;
      looks = 0;
      yield* held.splice(0, 1);
    }
  }
  yield* held;
}

async function* storedSegments(
  kv: Deno.Kv,
  slot: SlotId,
  from: number,
): AsyncIterable<FoundSegment> {
  let chunks: Chunks | undefined;
  const rows = { prefix: ["seg", slot], start: segmentBound(slot, from) };
  for await (const { key, value } of kv.list(rows, { batchSize: VALUES_AT_A_TIME })) {
    const at = readSegmentKey(key);
    if (chunks?.firstSeq !== at.firstSeq) {
      if (chunks !== undefined) yield found(chunks);
      chunks = { firstSeq: at.firstSeq, bytes: [], problem: undefined };
    }
    if (at.chunk !== chunks.bytes.length) chunks.problem ??= "a chunk is missing";
    if (value instanceof Uint8Array) chunks.bytes.push(value);
    else chunks.problem ??= "a chunk is no bytes";
  }
  if (chunks !== undefined) yield found(chunks);
}

function found({ firstSeq, bytes, problem }: Chunks): FoundSegment {
  const none = { firstSeq, entries: [] };
  if (problem !== undefined) return { ...none, problem };
  const segment = joinBytes(bytes);
  if (segment.length < HEADER_BYTES) return { ...none, problem: "it has no header" };
  if (announcedLength(segment) > segment.length) return { ...none, problem: "its end is missing" };
  try {
    return { firstSeq, entries: unpackSegment(segment).entries, problem: undefined };
  } catch (error) {
    return { ...none, problem: told(error) };
  }
}
