/** A slot's segments as they lie there, the damaged ones too. */
import { joinBytes } from "../../protocol/bytes.ts";
import type { SlotId } from "../../protocol/ids.ts";
import { readSegmentKey } from "../slots/kv_rows.ts";
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

/** In order of their first seq. */
export async function* segmentsOf(kv: Deno.Kv, slot: SlotId): AsyncIterable<FoundSegment> {
  let chunks: Chunks | undefined;
  const rows = kv.list({ prefix: ["seg", slot] }, { batchSize: VALUES_AT_A_TIME });
  for await (const { key, value } of rows) {
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
