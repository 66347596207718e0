/**
 * Intake of strangers: which introductions of a mailbox are kept, apart from its quota. Their
 * places in the log and their ids stay for ever, their bodies do not. See
 * docs/protocol/extensions.md §11.
 */
import type { EpochMs } from "../../protocol/ids.ts";

/** One whose body is still there. */
export interface Intro {
  /** Its place in the slot's log. */
  readonly seq: number;
  /** Who sent it, as limits count it. */
  readonly source: string;
  readonly at: EpochMs;
}

export const MAX_LIVE_INTROS = 64;
export const MAX_INTROS_PER_SOURCE = 4;
export const INTRO_TTL_MS = 7 * 24 * 3_600_000;

export const isLive = (intro: Intro, now: EpochMs): boolean => now < intro.at + INTRO_TTL_MS;

export interface Admitted {
  readonly live: readonly Intro[];
  /** Seqs whose bodies go. */
  readonly gone: readonly number[];
}

/**
 * Takes a newcomer in. Without room the oldest of its own source gives way, else the oldest of the
 * fullest source: whoever sends many only drives out its own.
 * @param live in order of arrival
 */
export function takeIn(live: readonly Intro[], newcomer: Intro): Admitted {
  const kept = live.filter((intro) => isLive(intro, newcomer.at));
  const gone = live.filter((intro) => !isLive(intro, newcomer.at)).map(({ seq }) => seq);
  const own = kept.filter(({ source }) => source === newcomer.source);
  const victim = own.length >= MAX_INTROS_PER_SOURCE
    ? own[0]
    : kept.length >= MAX_LIVE_INTROS
    ? oldestOfFullest(kept)
    : undefined;
  return victim === undefined ? { live: [...kept, newcomer], gone } : {
    live: [...kept.filter((intro) => intro !== victim), newcomer],
    gone: [...gone, victim.seq],
  };
}

/** Of equally full sources the one that was there first. */
function oldestOfFullest(live: readonly Intro[]): Intro | undefined {
  const sources = [...Map.groupBy(live, ({ source }) => source).values()];
  const most = Math.max(...sources.map((intros) => intros.length));
  return sources.find((intros) => intros.length === most)?.[0];
}
