/**
 * Takes lines out of an outbox file that agents append to without a lock, so that none is lost or sent
 * twice: (1) what remembers places in the file is made true before and after; (2) the record says what is
 * to stay; (3) the file gets a second name in the archive; (4) a new file with the lines that stay takes
 * its place; (5) those lines are blanked in the old one; (6) the record goes. A program that has the old
 * file open goes on appending to it: such lines are taken up later (client/sync/late_lines.ts). Before (4)
 * nothing has happened to anybody; after it, whoever takes the home's daemon.lock next does (5) and (6).
 * See docs/protocol/extensions.md §14 ruling 1.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { hex, sha256 } from "../../protocol/identity/keys.ts";
import type { Handle } from "../../protocol/ids.ts";
import type { ArchiveFiles } from "./archived_months.ts";
import { mailFile, mailPaths } from "./mail_paths.ts";
import {
  type ArchivedOutbox,
  archivedOutboxAt,
  moveRecord,
  nextNumber,
  outboxMovesUnderWay,
  writeTaken,
} from "./outbox_archive.ts";
import { type Place, positionPath, printPosition, WINDOW_BYTES } from "./outbox_position.ts";

const count = z.int().nonnegative();
const Move = z.object({
  /** Of the old file, in bytes: what stays in the outbox, in order. */
  kept: z.array(z.tuple([count, count])),
  /** Up to here its lines were looked at: whatever comes after is late. */
  end: count,
  /** A line that goes: where it stands, the file is still the old one. */
  witness: z.object({ offset: count, length: count, sha256: z.string() }),
});
export type OutboxMove = z.infer<typeof Move>;

const PIECE_BYTES = 1024 * 1024;
const SPACE = 0x20;
const LINE_FEED = 0x0a;

export interface MoveOptions {
  readonly move: OutboxMove;
  /** Of the new file: lines that are still to be sent. Left out: it has to be read as a whole. */
  readonly pending: readonly Place[] | undefined;
}

/**
 * (2) to (4). The caller holds daemon.lock and the peer's append lock, has done (1), and calls
 * `settleOutboxMoves` when it has let go of the append lock.
 * @throws {WireError} unreadable, write_failed, conflict: then the outbox is as it was, or moved as a whole
 */
export async function moveOutbox(
  deps: ArchiveFiles,
  peer: Handle,
  { move, pending }: MoveOptions,
): Promise<ArchivedOutbox> {
  const { files, stateRoot } = deps;
  const live = mailFile(mailPaths(stateRoot).outbox, peer);
  const archived = archivedOutboxAt(stateRoot, peer, await nextNumber(deps, peer));
  await files.ensureDirectory(mailPaths(stateRoot).sent);
  await files.writeAtomic(moveRecord(archived), JSON.stringify(move), { point: "sent.record" });
  await files.link(live, archived.path, { point: "sent.keep" });
  const old = await files.stat(live);
  const rest = await restOf(deps, live, move);
  const mode = (old?.mode ?? 0o600) & 0o777;
  await files.writeAtomic(live, rest, { point: "sent.shorten", mode });
  await reopen(deps, live, old);
  if (pending !== undefined) await savePosition(deps, peer, { rest, pending });
  return archived;
}

/**
 * (5) and (6) of each move that was under way, or nothing of it if the outbox is as it was. For whoever
 * has just taken daemon.lock.
 * @throws {WireError} unreadable, write_failed
 */
export async function settleOutboxMoves(deps: ArchiveFiles): Promise<void> {
  for (const archived of await outboxMovesUnderWay(deps)) await settle(deps, archived);
}

async function settle(deps: ArchiveFiles, archived: ArchivedOutbox): Promise<void> {
  const { files, stateRoot } = deps;
  const live = mailFile(mailPaths(stateRoot).outbox, archived.peer);
  const { kept, end, witness } = await readMove(deps, archived);
  if (await hashAt(deps, live, witness) === witness.sha256) {
    // Another name of the outbox itself, or not even that.
    await files.remove(archived.path, { point: "sent.undo" });
  } else {
    for (const [from, to] of kept) await blank(deps, archived.path, from, to);
    await files.chmod(archived.path, 0o600);
    await writeTaken(deps, archived, end);
  }
  await files.remove(moveRecord(archived), { point: "sent.end" });
}

async function restOf(
  { files }: ArchiveFiles,
  live: string,
  { kept }: OutboxMove,
): Promise<Uint8Array> {
  const rest = new Uint8Array(kept.reduce((sum, [from, to]) => sum + to - from, 0));
  let at = 0;
  for (const [from, to] of kept) {
    const bytes = await files.readAt(live, from, to - from);
    if (bytes.length < to - from) {
      throw new WireError(
        "conflict",
        `Cannot archive ${JSON.stringify(live)}: another program rewrites it`,
      );
    }
    rest.set(bytes, at);
    at += bytes.length;
  }
  return rest;
}

/** For the group that it was open to: what creates a file may take more away than it is told. */
async function reopen(
  { files }: ArchiveFiles,
  live: string,
  old: Awaited<ReturnType<ArchiveFiles["files"]["stat"]>>,
): Promise<void> {
  const now = await files.stat(live);
  if (old?.group !== undefined && now?.group !== old.group) await files.setGroup(live, old.group);
  if (old?.mode !== undefined && now?.mode !== old.mode) await files.chmod(live, old.mode);
}

/** Without it, all of the outbox is read again, and every message is looked up. */
async function savePosition(
  { files, stateRoot }: ArchiveFiles,
  peer: Handle,
  { rest, pending }: { readonly rest: Uint8Array; readonly pending: readonly Place[] },
): Promise<void> {
  const window = rest.subarray(Math.max(0, rest.length - WINDOW_BYTES));
  const position = { offset: rest.length, sha256: hex(sha256(window)), pending };
  await files.writeAtomic(positionPath(stateRoot, peer), printPosition(position), {
    point: "sent.position",
  });
}

/** The line feeds stay, so that no line is longer than it was. */
async function blank(
  { files }: ArchiveFiles,
  file: string,
  from: number,
  to: number,
): Promise<void> {
  for (let at = from; at < to; at += PIECE_BYTES) {
    const bytes = await files.readAt(file, at, Math.min(PIECE_BYTES, to - at));
    const spaces = bytes.map((byte) => byte === LINE_FEED ? LINE_FEED : SPACE);
    await files.overwrite(file, at, spaces, { point: "sent.blank" });
  }
}

async function hashAt(
  { files }: ArchiveFiles,
  file: string,
  { offset, length }: Place,
): Promise<string> {
  return hex(sha256(await files.readAt(file, offset, length)));
}

async function readMove({ files }: ArchiveFiles, archived: ArchivedOutbox): Promise<OutboxMove> {
  const file = moveRecord(archived);
  const text = await files.readText(file) ?? "";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined; // replaced as a whole, so never torn: somebody else wrote it
  }
  const result = Move.safeParse(value);
  if (result.success) return result.data;
  throw new WireError(
    "unreadable",
    `Cannot read ${JSON.stringify(file)}: it is no record of ours`,
    { hint: "move it away: then messages to that peer may stand in outbox and archive" },
  );
}
