/** Who stays in the quarantine when it is full. Pure. */
import type { EpochMs } from "../../protocol/ids.ts";

export interface QuarantineLimits {
  readonly records: number;
  readonly bytes: number;
  readonly ageMs: number;
}

export const QUARANTINE_LIMITS: QuarantineLimits = {
  records: 1_000,
  bytes: 32 * 1024 * 1024,
  ageMs: 30 * 24 * 60 * 60 * 1_000,
};

/** What a decision about a record needs to know of it. */
export interface Held {
  readonly key: string;
  readonly bytes: number;
  readonly transient: boolean;
  /** The claimed sender; "" when there is none. */
  readonly from: string;
  /** Whether that is no peer that we know: anybody can make up as many of them as it likes. */
  readonly isStranger: boolean;
  readonly firstSeen: EpochMs;
}

/**
 * Which records go, so that the rest is within the limits: first those too old, then those that
 * nothing will ever explain, then strangers', and only then those of pinned peers. Among equals the
 * oldest of whichever claimed sender holds the most, so that one noisy stranger does not drive out
 * another whose pin is yet to come.
 */
export function victims(
  held: readonly Held[],
  limits: QuarantineLimits,
  now: EpochMs,
): ReadonlySet<string> {
  const gone = new Set<string>();
  const kept: Held[] = [];
  for (const record of held) {
    if (now - record.firstSeen > limits.ageMs) gone.add(record.key);
    else kept.push(record);
  }
  kept.sort((one, other) => one.firstSeen - other.firstSeen);
  let count = kept.length;
  let bytes = kept.reduce((sum, record) => sum + record.bytes, 0);
  const isOver = () => count > limits.records || bytes > limits.bytes;
  const drop = (record: Held) => {
    gone.add(record.key);
    count--;
    bytes -= record.bytes;
  };
  for (const record of kept) {
    if (!isOver()) return gone;
    if (!record.transient) drop(record);
  }
  const hopeful = kept.filter((record) => record.transient);
  for (const group of [hopeful.filter(isStranger), hopeful.filter(isPinned)]) {
    const bySender = Map.groupBy(group, (record) => record.from);
    while (isOver()) {
      const oldest = largestOf(bySender)?.shift();
      if (oldest === undefined) break;
      drop(oldest);
    }
  }
  return gone;
}

const isStranger = (record: Held): boolean => record.isStranger;
const isPinned = (record: Held): boolean => !record.isStranger;

function largestOf(groups: ReadonlyMap<string, Held[]>): Held[] | undefined {
  let largest: Held[] | undefined;
  for (const records of groups.values()) {
    if (records.length > (largest?.length ?? 0)) largest = records;
  }
  return largest;
}
