/**
 * Whether messages of a peer are missing: what its inbox file holds of each stream, what is judged and
 * what is too early to judge. A tail that never came is invisible. See docs/protocol/extensions.md §7.
 */
import {
  type Hole,
  holesIn,
  isLargeJump,
  NOTHING,
  sizeOf,
  withSeq,
} from "../../protocol/delivery/intervals.ts";
import { streamPlaceOf } from "../../protocol/delivery/thread.ts";
import { WireError } from "../../protocol/errors.ts";
import { parseEvent } from "../../protocol/event/event.ts";
import { displayHandle } from "../../protocol/identity/did.ts";
import type { EpochMs, Handle } from "../../protocol/ids.ts";
import type { JsonObject } from "../../protocol/json/value.ts";
import {
  type GapFiles,
  type GapRecord,
  MOST_STREAMS,
  readCaughtUp,
  readGaps,
} from "../../store/mail/gap_record.ts";
import { Inbox } from "../../store/mail/inbox.ts";
import { readLines } from "../../store/mail/jsonl.ts";
import type { Quarantine } from "../../store/mail/quarantine.ts";

export interface GapReport {
  readonly peer: Handle;
  readonly stream: string;
  readonly missing: readonly Hole[];
  /** Too large to be believed: not counted. */
  readonly largeJumps: readonly Hole[];
  /** Noticed, and still to be judged. */
  readonly early: readonly Hole[];
  readonly forgotten: number;
}

/** Another mailbox may bring it, or another relay of ours be late. */
export const JUDGED_AFTER_MS = 60_000;
/** Reads on from where the record ends, and changes nothing on the disk. */
export async function gapsNow(deps: GapFiles, peer: Handle, now: EpochMs): Promise<GapRecord> {
  const { files, stateRoot } = deps;
  const file = new Inbox({ files, stateRoot }).path(peer);
  const saved = await readGaps(deps, peer);
  const size = (await files.stat(file))?.size ?? 0;
  // A file that somebody made shorter: what was seen is still seen.
  let offset = Math.min(saved.offset, size);
  const streams = new Map(saved.streams.map((one) => [one.stream, one]));
  for await (const { text, end } of readLines(files, file, offset)) {
    offset = end;
    const event = text?.includes('"stream"') === true ? eventIn(text) : undefined;
    if (event !== undefined) addPlace(streams, event, now);
  }
  return { offset, streams: [...streams.values()].slice(-MOST_STREAMS) };
}

type Streams = Map<string, GapRecord["streams"][number]>;

function addPlace(streams: Streams, event: JsonObject, now: EpochMs): void {
  const place = streamPlaceOf(event);
  if (place === undefined) return;
  let known = { ...NOTHING, ...streams.get(place.stream) };
  for (const seq of [place.seq, ...place.voids]) known = { ...known, ...withSeq(known, seq, now) };
  streams.delete(place.stream); // to the end: heard of last
  streams.set(place.stream, {
    stream: place.stream,
    list: [...known.list],
    forgotten: known.forgotten,
  });
}

export const holesOf = ({ streams }: GapRecord): Hole[] => streams.flatMap(holesIn);

/** Of each stream in which something is missing, or may be. */
export async function gapReports(
  deps: GapFiles & { readonly quarantine: Quarantine },
  peer: Handle,
  now: EpochMs,
): Promise<GapReport[]> {
  const record = await gapsNow(deps, peer, now);
  if (holesOf(record).length === 0) return [];
  const caughtUpAt = await readCaughtUp(deps);
  // Those in quarantine are here, whatever is wrong with them.
  const streams: Streams = new Map(record.streams.map((one) => [one.stream, one]));
  for (const { record: { from, text } } of await deps.quarantine.list()) {
    const event = displayHandle(from) === peer ? eventIn(text) : undefined;
    const place = event === undefined ? undefined : streamPlaceOf(event);
    if (event === undefined || place === undefined || !streams.has(place.stream)) continue;
    addPlace(streams, event, now);
  }
  return [...streams.values()].flatMap((one): GapReport[] => {
    const holes = holesIn(one);
    if (holes.length === 0 && one.forgotten === 0) return [];
    const isJudged = ({ noticedAt }: Hole) => noticedAt + JUDGED_AFTER_MS <= caughtUpAt;
    return [{
      peer,
      stream: one.stream,
      missing: holes.filter((hole) => isJudged(hole) && !isLargeJump(hole)),
      largeJumps: holes.filter(isLargeJump),
      early: holes.filter((hole) => !isJudged(hole) && !isLargeJump(hole)),
      forgotten: one.forgotten,
    }];
  });
}

export const missingIn = ({ missing, forgotten }: GapReport): number =>
  missing.reduce((sum, hole) => sum + sizeOf(hole), forgotten);

function eventIn(text: string): JsonObject | undefined {
  try {
    return parseEvent(text).value;
  } catch (error) {
    if (error instanceof WireError) return undefined; // torn, or no event
    throw error;
  }
}
