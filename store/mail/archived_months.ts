/**
 * What `wire archive` took out of the inbox files: `state/wire/archive/inbox/<peer>-<year>-<month>.jsonl`,
 * in the order in which it came. See docs/mail.md, "Room".
 */
import path from "node:path";
import type { Files } from "../../platform/files.ts";
import { type EpochMs, type Handle, isHandle } from "../../protocol/ids.ts";
import { mailPaths } from "./mail_paths.ts";

export interface ArchiveFiles {
  readonly files: Files;
  readonly stateRoot: string;
}

export interface ArchivedMonth {
  readonly peer: Handle;
  /** `2026-10`, by the messages' own time, in UTC. */
  readonly month: string;
  readonly path: string;
}

const MOVE = ".move.json";
const MONTH_FILE = /^(.+)-(\d{4}-\d{2})\.jsonl$/;

/** In UTC. */
export const monthOf = (ms: EpochMs): string =>
  Temporal.Instant.fromEpochMilliseconds(ms).toString().slice(0, 7);

export const monthFile = (stateRoot: string, peer: Handle, month: string): string =>
  path.join(mailPaths(stateRoot).archive, `${peer}-${month}.jsonl`);

/** The record of a move that has begun and not ended: inbox_move.ts. */
export const moveFile = (stateRoot: string, peer: Handle): string =>
  path.join(mailPaths(stateRoot).archive, `${peer}${MOVE}`);

/** Peers with a move that has begun and not ended. */
export async function movesUnderWay({ files, stateRoot }: ArchiveFiles): Promise<Handle[]> {
  return movesIn(await files.list(mailPaths(stateRoot).archive));
}

/**
 * By peer and month. While a move is under way its peer's are left out: what they hold may still stand
 * in the inbox, too.
 */
export async function archivedMonths(deps: ArchiveFiles): Promise<ArchivedMonth[]> {
  const names = await deps.files.list(mailPaths(deps.stateRoot).archive);
  const moving = new Set(movesIn(names));
  return monthsIn(deps, names).filter(({ peer }) => !moving.has(peer));
}

/** Of one peer, the oldest first, also while a move is under way. */
export async function monthsOf(deps: ArchiveFiles, peer: Handle): Promise<ArchivedMonth[]> {
  const names = await deps.files.list(mailPaths(deps.stateRoot).archive);
  return monthsIn(deps, names).filter((month) => month.peer === peer);
}

const movesIn = (names: readonly string[]): Handle[] =>
  names.filter((name) => name.endsWith(MOVE)).map((name) => name.slice(0, -MOVE.length))
    .filter(isHandle);

const monthsIn = ({ stateRoot }: ArchiveFiles, names: readonly string[]): ArchivedMonth[] =>
  names.flatMap((name) => {
    const [, peer, month] = name.match(MONTH_FILE) ?? [];
    if (!isHandle(peer) || month === undefined) return [];
    return [{ peer, month, path: monthFile(stateRoot, peer, month) }];
  });
