/**
 * Which numbers of a peer's streams are here: `state/wire/delivery/<peer>.gaps.json`, as of a place in
 * its inbox file, and `caught-up.json` for all of them. Both can be made again from the inbox.
 */
import path from "node:path";
import { z } from "zod";
import type { Files } from "../../platform/files.ts";
import { MOST_INTERVALS } from "../../protocol/delivery/intervals.ts";
import type { EpochMs, Handle } from "../../protocol/ids.ts";
import { mailPaths } from "./mail_paths.ts";

/** Of one peer; the one that was heard of last stays. */
export const MOST_STREAMS = 16;

const count = z.int().nonnegative();
const GapRecord = z.object({
  /** Of the inbox file, in bytes. */
  offset: count,
  streams: z.array(z.object({
    stream: z.string().regex(/^[0-9a-f]{16}$/),
    list: z.array(z.object({ from: z.int().positive(), to: z.int().positive(), at: z.int() }))
      .max(MOST_INTERVALS),
    forgotten: count,
  })).max(MOST_STREAMS),
});
export type GapRecord = z.infer<typeof GapRecord>;
const CaughtUp = z.object({ at: z.int() });

export interface GapFiles {
  readonly files: Files;
  readonly stateRoot: string;
}

export const NO_RECORD: GapRecord = { offset: 0, streams: [] };

/** @returns an empty one when there is none, or somebody else wrote it */
export async function readGaps({ files, stateRoot }: GapFiles, peer: Handle): Promise<GapRecord> {
  const result = GapRecord.safeParse(jsonIn(await files.readText(fileOf(stateRoot, peer))));
  return result.success ? result.data : NO_RECORD;
}

/** @throws {WireError} write_failed */
export async function writeGaps(
  { files, stateRoot }: GapFiles,
  peer: Handle,
  record: GapRecord,
): Promise<void> {
  await files.ensureDirectory(mailPaths(stateRoot).delivery);
  await files.writeAtomic(fileOf(stateRoot, peer), JSON.stringify(record), {
    point: "delivery.gaps",
  });
}

/** When every mailbox was last known to be read to its end; 0: never. */
export async function readCaughtUp({ files, stateRoot }: GapFiles): Promise<EpochMs> {
  const result = CaughtUp.safeParse(jsonIn(await files.readText(caughtUpFile(stateRoot))));
  return result.success ? result.data.at : 0;
}

/** @throws {WireError} write_failed */
export async function writeCaughtUp({ files, stateRoot }: GapFiles, at: EpochMs): Promise<void> {
  await files.ensureDirectory(mailPaths(stateRoot).delivery);
  await files.writeAtomic(caughtUpFile(stateRoot), JSON.stringify({ at }), {
    point: "delivery.caught_up",
  });
}

const fileOf = (stateRoot: string, peer: Handle): string =>
  path.join(mailPaths(stateRoot).delivery, `${peer}.gaps.json`);

const caughtUpFile = (stateRoot: string): string =>
  path.join(mailPaths(stateRoot).delivery, "caught-up.json");

function jsonIn(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined; // replaced as a whole, so never torn: somebody else wrote it
  }
}
