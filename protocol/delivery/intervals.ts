/**
 * Which numbers of a stream are here, as few intervals, and what is missing between them. Pure.
 * See docs/protocol/extensions.md §7.
 */
import type { EpochMs } from "../ids.ts";

/** Numbers from `from` to `to`, both included. */
export interface Interval {
  readonly from: number;
  readonly to: number;
  /** When its first number was seen: then the hole before it was noticed, if there is one. */
  readonly at: EpochMs;
}

export interface Intervals {
  /** In order, with at least one number missing between two. */
  readonly list: readonly Interval[];
  /** Numbers that are missing and not remembered any more, since there were too many holes. */
  readonly forgotten: number;
}

export interface Hole {
  readonly from: number;
  readonly to: number;
  readonly noticedAt: EpochMs;
}

export const MOST_INTERVALS = 64;
/** More than that is no loss that could be believed: it is told apart, and not counted. */
export const LARGE_JUMP = 10_000;

export const NOTHING: Intervals = { list: [], forgotten: 0 };

/** @param seq from 1; one that is here already changes nothing */
export function withSeq({ list, forgotten }: Intervals, seq: number, now: EpochMs): Intervals {
  const at = list.findLastIndex(({ from }) => from <= seq);
  const before = list[at];
  if (before !== undefined && before.to >= seq) return { list, forgotten };
  const after = list[at + 1];
  const touchesBefore = before !== undefined && before.to + 1 === seq;
  const touchesAfter = after !== undefined && after.from === seq + 1;
  const joined: Interval = {
    from: touchesBefore ? before.from : seq,
    to: touchesAfter ? after.to : seq,
    at: touchesBefore ? before.at : touchesAfter ? after.at : now,
  };
  const start = touchesBefore ? at : at + 1;
  const end = touchesAfter ? at + 2 : at + 1;
  return bounded([...list.slice(0, start), joined, ...list.slice(end)], forgotten);
}

/** Between the intervals, and before the first: streams begin with 1. */
export function holesIn({ list }: Intervals): Hole[] {
  return list.flatMap(({ from, at }, index) => {
    const before = list[index - 1]?.to ?? 0;
    return from > before + 1 ? [{ from: before + 1, to: from - 1, noticedAt: at }] : [];
  });
}

export const sizeOf = ({ from, to }: Pick<Hole, "from" | "to">): number => to - from + 1;

export const isLargeJump = (hole: Hole): boolean => sizeOf(hole) > LARGE_JUMP;

/** The lowest hole is forgotten first: whatever was in it is the longest overdue. */
function bounded(list: readonly Interval[], forgotten: number): Intervals {
  const [first, second, ...rest] = list;
  if (list.length <= MOST_INTERVALS || first === undefined || second === undefined) {
    return { list, forgotten };
  }
  const hole = { from: first.to + 1, to: second.from - 1, noticedAt: second.at };
  const lost = isLargeJump(hole) ? 0 : sizeOf(hole);
  return { list: [{ ...first, to: second.to }, ...rest], forgotten: forgotten + lost };
}
