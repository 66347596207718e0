/**
 * What `wire archive` took out of the outboxes: `state/wire/archive/outbox/<peer>-<number>.jsonl`. Each is
 * the very file that stood in the outbox, so that whoever had it open then still appends to it: how far
 * such lines were taken up is in the `.json` beside it. See docs/mail.md, "Room".
 */
import path from "node:path";
import { z } from "zod";
import { type Handle, isHandle } from "../../protocol/ids.ts";
import type { ArchiveFiles } from "./archived_months.ts";
import { mailPaths } from "./mail_paths.ts";

export interface ArchivedOutbox {
  readonly peer: Handle;
  readonly number: number;
  readonly path: string;
}

const NAME = /^(.+)-(\d{6})(\.jsonl|\.move\.json|\.json)$/;
const Record = z.object({ taken: z.int().nonnegative() });

interface Name extends ArchivedOutbox {
  readonly suffix: string;
}

export const archivedOutboxAt = (
  stateRoot: string,
  peer: Handle,
  number: number,
): ArchivedOutbox => {
  const name = `${peer}-${String(number).padStart(6, "0")}.jsonl`;
  return { peer, number, path: path.join(mailPaths(stateRoot).sent, name) };
};

/** The record of a move that has begun and not ended: outbox_move.ts. */
export const moveRecord = ({ path }: ArchivedOutbox): string => withSuffix(path, ".move.json");
export const takenRecord = ({ path }: ArchivedOutbox): string => withSuffix(path, ".json");

const withSuffix = (file: string, suffix: string): string =>
  `${file.slice(0, -".jsonl".length)}${suffix}`;

/** By peer, the oldest first; without those whose lines may still stand in the outbox, too. */
export async function archivedOutboxes(deps: ArchiveFiles): Promise<ArchivedOutbox[]> {
  const names = await namesIn(deps);
  const moving = new Set(names.filter(isMove).map(({ path }) => path));
  return names.filter(({ suffix, path }) => suffix === ".jsonl" && !moving.has(path)).map(plain);
}

/** Moves that have begun and not ended. */
export const outboxMovesUnderWay = async (deps: ArchiveFiles): Promise<ArchivedOutbox[]> =>
  (await namesIn(deps)).filter(isMove).map(plain);

/** All files that there are of a peer's sent messages, records among them. */
export async function filesOfSent(deps: ArchiveFiles, peer: Handle): Promise<string[]> {
  const names = (await namesIn(deps)).filter((name) => name.peer === peer);
  return names.map(({ path, suffix }) => withSuffix(path, suffix));
}

/** One that no file of that peer has. */
export async function nextNumber(deps: ArchiveFiles, peer: Handle): Promise<number> {
  const names = (await namesIn(deps)).filter((name) => name.peer === peer);
  return Math.max(0, ...names.map(({ number }) => number)) + 1;
}

/** @returns undefined where nobody says so: nothing is taken from there any more */
export async function readTaken(
  { files }: ArchiveFiles,
  archived: ArchivedOutbox,
): Promise<number | undefined> {
  const text = await files.readText(takenRecord(archived));
  let value: unknown;
  try {
    value = text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined; // replaced as a whole, so never torn: somebody else wrote it
  }
  return Record.safeParse(value).data?.taken;
}

/** On the disk when this returns. @throws {WireError} write_failed */
export const writeTaken = (
  { files }: ArchiveFiles,
  archived: ArchivedOutbox,
  taken: number,
): Promise<void> =>
  files.writeAtomic(takenRecord(archived), JSON.stringify({ taken }), { point: "sent.taken" });

const isMove = ({ suffix }: Name): boolean => suffix === ".move.json";
const plain = ({ peer, number, path }: Name): ArchivedOutbox => ({ peer, number, path });

async function namesIn({ files, stateRoot }: ArchiveFiles): Promise<Name[]> {
  return (await files.list(mailPaths(stateRoot).sent)).flatMap((name): Name[] => {
    const [, peer, digits, suffix] = name.match(NAME) ?? [];
    if (!isHandle(peer) || suffix === undefined) return [];
    return [{ ...archivedOutboxAt(stateRoot, peer, Number(digits)), suffix }];
  });
}
