/**
 * The end of a slot's log, where segments are still small. It stays in memory, so that merging them
 * rides in the next commit and reads nothing.
 */
import { joinBytes } from "../../protocol/bytes.ts";

/** Payload of one segment; with its header it stays below KV's limit of 64 KiB a value. */
export const MAX_PAYLOAD_BYTES = 60 * 1024;
/** Bytes of a segment in one value. */
export const CHUNK_BYTES = MAX_PAYLOAD_BYTES + 1024;
/** Small segments kept unmerged: as many deletions come in one commit. */
const MAX_PARTS = 64;

/** A stored segment without its header. */
export interface Part {
  readonly firstSeq: number;
  readonly count: number;
  /** As packed, piece by piece. */
  readonly payloads: readonly Uint8Array[];
  readonly bytes: number;
}

export interface TailStep {
  readonly tail: Tail;
  /** Takes the place of the parts it was made of: the first is overwritten, the others go. */
  readonly merged: Part | undefined;
  readonly gone: readonly number[];
}

export class Tail {
  readonly bytes: number;

  constructor(readonly parts: readonly Part[] = []) {
    this.bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  }

  /** Whether `bytes` more in one segment would have the parts merged first. */
  mustMergeFor(bytes: number): boolean {
    return this.parts.length > 1 &&
      (this.parts.length >= MAX_PARTS || this.bytes + bytes > MAX_PAYLOAD_BYTES);
  }

  /** What a commit that adds these segments does to the end of the log. */
  add(added: readonly Part[]): TailStep {
    const last = added.at(-1);
    if (last === undefined) return { tail: this, merged: undefined, gone: [] };
    const isOne = added.length === 1;
    const isMerging = this.mustMergeFor(isOne ? last.bytes : MAX_PAYLOAD_BYTES);
    const merged = isMerging ? mergedOf(this.parts) : undefined;
    const before = merged === undefined ? this.parts : [merged];
    const bytes = this.bytes + last.bytes;
    const kept = isOne && bytes <= MAX_PAYLOAD_BYTES ? before : [];
    return {
      tail: new Tail(last.bytes > MAX_PAYLOAD_BYTES ? [] : [...kept, last]),
      merged,
      gone: isMerging ? this.parts.slice(1).map((part) => part.firstSeq) : [],
    };
  }
}

function mergedOf(parts: readonly Part[]): Part {
  const payloads = [joinBytes(parts.flatMap((part) => part.payloads))];
  return {
    firstSeq: parts[0]?.firstSeq ?? 0,
    count: parts.reduce((sum, part) => sum + part.count, 0),
    payloads,
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
  };
}

/**
 * Packs entries into segments, in order. One that is larger than a segment may be stands alone.
 * @param entries packed
 */
export function partsOf(firstSeq: number, entries: readonly Uint8Array[]): Part[] {
  const parts: Part[] = [];
  let payloads: Uint8Array[] = [];
  let bytes = 0;
  let seq = firstSeq;
  const close = () => {
    if (payloads.length === 0) return;
    parts.push({ firstSeq: seq, count: payloads.length, payloads, bytes });
    seq += payloads.length;
    payloads = [];
    bytes = 0;
  };
  for (const entry of entries) {
    if (bytes + entry.length > MAX_PAYLOAD_BYTES) close();
    payloads.push(entry);
    bytes += entry.length;
  }
  close();
  return parts;
}
