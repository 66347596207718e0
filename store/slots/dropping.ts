/**
 * Dropping bodies: what takes the place of a slot's oldest segments, in one commit. The ids stay,
 * packed. See docs/protocol/extensions.md §4.
 */
import type { SlotId } from "../../protocol/ids.ts";
import { type Entry, HEADER_BYTES, packDropped, packSegment, unpackSegment } from "./packing.ts";
import { type ReadSegment, readSegments } from "./segments.ts";
import { CHUNK_BYTES, MAX_PAYLOAD_BYTES, type Part } from "./tail.ts";

/** What a remembered id takes of the quota: the id and the digest. */
export const REMEMBERED_ID_BYTES = 48;

/** KV takes 1,000 mutations and 100 checks in a commit. */
const MAX_SEGMENTS = 200;
const MAX_GRANTS = 60;
/** Read for one commit, while appends wait. */
const MAX_SOURCE_BYTES = 4 * 1024 * 1024;

export interface Dropping {
  /** Everything up to it has no body any more. */
  readonly until: number;
  /** First seqs of the segments that are replaced, with their chunks. */
  readonly sources: readonly { readonly firstSeq: number; readonly chunks: number }[];
  /** The ids, and what the last source holds beyond `until`. */
  readonly parts: readonly Part[];
  /** That go back to the quota: what was dropped, less what the ids take. */
  readonly freed: number;
  /** The same for each grant that events came with. */
  readonly freedByGrant: ReadonlyMap<string, number>;
  readonly events: number;
}

/**
 * @param dropped up to here it has been done
 * @param until at most up to here it is to be done; stored
 * @returns undefined if there is nothing to do
 * @throws {WireError} unreadable
 */
export async function planDropping(
  kv: Deno.Kv,
  slot: SlotId,
  { dropped, until }: { readonly dropped: number; readonly until: number },
): Promise<Dropping | undefined> {
  if (until <= dropped) return undefined;
  const plan = new Plan(until);
  // The segment where the last ids lie is filled up.
  for await (const segment of readSegments(kv, slot, Math.max(dropped, 1), until + 1)) {
    if (!plan.take(segment)) break;
  }
  return plan.dropping();
}

class Plan {
  readonly #sources: { readonly firstSeq: number; readonly chunks: number }[] = [];
  readonly #ids: Uint8Array[] = [];
  readonly #rest: Uint8Array[] = [];
  readonly #freedByGrant = new Map<string, number>();
  #idBytes = 0;
  #sourceBytes = 0;
  #freed = 0;
  #events = 0;
  /** Whether something changes by it. */
  #isWorth = false;
  #last = 0;

  constructor(readonly until: number) {}

  /** @returns false if there is no room in this commit for more */
  take({ firstSeq, payload, count }: ReadSegment): boolean {
    const { entries, raw } = rawEntries(payload, count);
    const wanted = entries.slice(0, this.until + 1 - firstSeq);
    const going = wanted.slice(0, this.#withinGrants(wanted));
    if (going.length === 0) return false;
    const ids = going.map((entry, i) => withoutBody(entry, raw[i]));
    const idBytes = ids.reduce((sum, { length }) => sum + length, 0);
    const isFirst = this.#sources.length === 0;
    this.#sourceBytes += payload.length;
    const isFull = this.#sources.length >= MAX_SEGMENTS ||
      this.#sourceBytes > MAX_SOURCE_BYTES || this.#idBytes + idBytes > MAX_PAYLOAD_BYTES;
    if (isFull && !isFirst) {
      // A full segment of ids is left as it is, and the next one begun.
      if (this.#isWorth) return false;
      this.#leave();
    }
    this.#sources.push({ firstSeq, chunks: chunksOf(payload) });
    this.#ids.push(...ids);
    this.#idBytes += idBytes;
    this.#last = firstSeq + going.length - 1;
    for (const entry of going) this.#count(entry);
    this.#rest.push(...raw.slice(going.length));
    return going.length === wanted.length;
  }

  dropping(): Dropping | undefined {
    const [first] = this.#sources;
    if (first === undefined || !this.#isWorth) return undefined;
    const parts = [part(first.firstSeq, this.#ids)];
    if (this.#rest.length > 0) parts.push(part(this.#last + 1, this.#rest));
    return {
      until: this.#last,
      sources: this.#sources,
      parts,
      freed: this.#freed,
      freedByGrant: this.#freedByGrant,
      events: this.#events,
    };
  }

  /** @returns how many of these can go before too many grants get something back */
  #withinGrants(entries: readonly Entry[]): number {
    const grants = new Set(this.#freedByGrant.keys());
    const over = entries.findIndex(({ via }) =>
      via !== undefined && grants.add(via).size > MAX_GRANTS
    );
    return over === -1 ? entries.length : over;
  }

  #count({ key, body, via, isIntro, isDropped }: Entry): void {
    if (isDropped === true) return;
    this.#isWorth = true;
    if (isIntro) return;
    this.#events++;
    const freed = body.length - (key === undefined ? 0 : REMEMBERED_ID_BYTES);
    this.#freed += freed;
    if (via !== undefined) {
      this.#freedByGrant.set(via, (this.#freedByGrant.get(via) ?? 0) + freed);
    }
  }

  #leave(): void {
    this.#sources.length = 0;
    this.#ids.length = 0;
    this.#idBytes = 0;
  }
}

/** Introductions have no body here, and stay what they are. */
const withoutBody = (entry: Entry, raw: Uint8Array | undefined): Uint8Array =>
  entry.isIntro && raw !== undefined ? raw : packDropped(entry);

/** The entries of a segment, and the bytes that each is made of. */
function rawEntries(
  payload: Uint8Array,
  count: number,
): { readonly entries: readonly Entry[]; readonly raw: readonly Uint8Array[] } {
  const { entries, payload: bytes } = unpackSegment(packSegment([payload], count));
  let start = 0;
  const raw = entries.map(({ body }) => {
    const end = body.byteOffset + body.length - bytes.byteOffset;
    const entry = bytes.subarray(start, end);
    start = end;
    return entry;
  });
  return { entries, raw };
}

const chunksOf = (payload: Uint8Array): number =>
  Math.ceil((HEADER_BYTES + payload.length) / CHUNK_BYTES);

function part(firstSeq: number, payloads: readonly Uint8Array[]): Part {
  const bytes = payloads.reduce((sum, { length }) => sum + length, 0);
  return { firstSeq, count: payloads.length, payloads, bytes };
}
