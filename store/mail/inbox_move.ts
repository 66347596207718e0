/**
 * Moves the beginning of an inbox file into the archive, so that a kill at any moment loses and doubles
 * nothing: (1) the record says what goes where; (2) it is copied and on the disk; (3) the record says what
 * the places of readers will be; (4) the file is replaced as a whole by its rest; (5) the places are
 * written; (6) the record goes. Before (4) nothing has happened to anybody, and the next `wire archive`
 * copies what is missing. After it, whoever takes the home's daemon.lock next does (5) and (6).
 * The caller holds daemon.lock: nobody of ours appends meanwhile.
 */
import path from "node:path";
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { hex, sha256 } from "../../protocol/identity/keys.ts";
import type { Handle } from "../../protocol/ids.ts";
import { type ArchiveFiles, monthFile, moveFile, movesUnderWay } from "./archived_months.ts";
import { readLines } from "./jsonl.ts";
import { mailFile, mailPaths } from "./mail_paths.ts";

const count = z.int().nonnegative();

const Part = z.object({
  month: z.string().regex(/^\d{4}-\d{2}$/),
  /** Of the inbox file, in bytes. */
  from: count,
  to: count,
  /** How long the month's file was before. */
  at: count,
});
export type Part = z.infer<typeof Part>;

const Places = z.object({
  receipts: z.string().optional(),
  gaps: z.string().optional(),
  notify: z.string().optional(),
  reactor: z.string().optional(),
});
/** What the files with places in this inbox file will hold. */
export type Places = z.infer<typeof Places>;

const Move = z.object({
  parts: z.array(Part).min(1),
  /** From the moment when the copy is whole: how long the file was then, and how it began. */
  ready: z.object({ size: count, head: z.string(), places: Places }).optional(),
});
type Move = z.infer<typeof Move>;
type Ready = NonNullable<Move["ready"]>;

const HEAD_BYTES = 64 * 1024;
const PIECE_BYTES = 4 * 1024 * 1024;
const LINE_FEED = 0x0a;

/** Files with a place in the inbox file of that peer. */
const placeFiles = (stateRoot: string, peer: Handle) => ({
  receipts: path.join(mailPaths(stateRoot).delivery, `${peer}.receipts.json`),
  gaps: path.join(mailPaths(stateRoot).delivery, `${peer}.gaps.json`),
  notify: path.join(stateRoot, "notify.cursor"),
  reactor: path.join(stateRoot, "reactor.cursor"),
});

/** What an unfinished move was about to do, if it took nothing out of the inbox file. */
export async function begunMove(deps: ArchiveFiles, peer: Handle): Promise<Part[] | undefined> {
  return (await readMove(deps, peer))?.parts;
}

/**
 * @param parts adjoining, the first one from 0
 * @param places called when the copy is whole
 * @throws {WireError} unreadable, write_failed: then the inbox file is as it was, or moved as a whole
 */
export async function moveOut(
  deps: ArchiveFiles,
  peer: Handle,
  parts: readonly Part[],
  places: () => Promise<Places>,
): Promise<void> {
  const { files, stateRoot } = deps;
  const live = mailFile(mailPaths(stateRoot).inbox, peer);
  const cut = cutOf(parts);
  await writeMove(deps, peer, { parts: [...parts] });
  for (const part of parts) await copy(deps, live, monthFile(stateRoot, peer, part.month), part);
  const stat = await files.stat(live);
  const size = stat?.size ?? 0;
  const ready = { size, head: await headOf(deps, live, cut), places: await places() };
  await writeMove(deps, peer, { parts: [...parts], ready });
  const rest = await restOf(deps, live, cut);
  const mode = stat?.mode ?? 0o600;
  await files.writeAtomic(live, rest, { point: "archive.shorten", mode: mode & 0o777 });
  await end(deps, peer, ready);
}

/**
 * Ends what has taken lines out of an inbox file and not written the places; leaves alone what has only
 * copied. For whoever has just taken daemon.lock.
 * @throws {WireError} unreadable, write_failed
 */
export async function settleMoves(deps: ArchiveFiles): Promise<void> {
  for (const [peer, ready] of await unsettled(deps)) await end(deps, peer, ready);
}

/** Whether every place is where it belongs. */
export const areSettled = async (deps: ArchiveFiles): Promise<boolean> =>
  (await unsettled(deps)).length === 0;

async function unsettled(deps: ArchiveFiles): Promise<(readonly [Handle, Ready])[]> {
  const found: (readonly [Handle, Ready])[] = [];
  for (const peer of await movesUnderWay(deps)) {
    const { parts, ready } = await readMove(deps, peer) ?? {};
    if (parts === undefined || ready === undefined) continue;
    if (await isShortened(deps, peer, cutOf(parts), ready)) found.push([peer, ready]);
  }
  return found;
}

const cutOf = (parts: readonly Part[]): number => parts.at(-1)?.to ?? 0;

async function isShortened(
  deps: ArchiveFiles,
  peer: Handle,
  cut: number,
  { size, head }: Ready,
): Promise<boolean> {
  const live = mailFile(mailPaths(deps.stateRoot).inbox, peer);
  const now = (await deps.files.stat(live))?.size ?? 0;
  return now < size || await headOf(deps, live, cut) !== head;
}

async function end(deps: ArchiveFiles, peer: Handle, { places }: Ready): Promise<void> {
  const { files, stateRoot } = deps;
  const { receipts, gaps, notify, reactor } = placeFiles(stateRoot, peer);
  const texts = [
    [receipts, places.receipts],
    [gaps, places.gaps],
    [notify, places.notify],
    [reactor, places.reactor],
  ] as const;
  for (const [file, text] of texts) {
    if (text === undefined) continue;
    await files.ensureDirectory(path.dirname(file));
    await files.writeAtomic(file, text, { point: "archive.place" });
  }
  await dropMove(deps, peer);
}

/** Nothing is to be moved any more. */
export async function dropMove({ files, stateRoot }: ArchiveFiles, peer: Handle): Promise<void> {
  await files.remove(moveFile(stateRoot, peer), { point: "archive.end" });
}

/** What an earlier attempt has copied stays; a line that it tore is no message, and passed over. */
async function copy(
  { files, stateRoot }: ArchiveFiles,
  live: string,
  target: string,
  part: Part,
): Promise<void> {
  await files.ensureDirectory(mailPaths(stateRoot).archive);
  for (let at = await copiedUpTo(files, live, target, part); at < part.to;) {
    const bytes = await wholeLines(files, live, at, part.to);
    await files.append(target, bytes, { point: "archive.append", mode: 0o600 });
    at += bytes.length;
  }
}

async function copiedUpTo(
  files: ArchiveFiles["files"],
  live: string,
  target: string,
  { from, to, at }: Part,
): Promise<number> {
  const wanted = readLines(files, live, from);
  let next = await wanted.next();
  let done = from;
  for await (const there of readLines(files, target, at)) {
    if (next.done === true || next.value.end > to) break;
    if (there.text !== next.value.text) continue;
    done = next.value.end;
    next = await wanted.next();
  }
  await wanted.return();
  return done;
}

async function wholeLines(
  files: ArchiveFiles["files"],
  live: string,
  from: number,
  to: number,
): Promise<Uint8Array> {
  for (let length = PIECE_BYTES;; length *= 2) {
    const bytes = await files.readAt(live, from, Math.min(length, to - from));
    if (from + bytes.length === to) return bytes;
    if (bytes.length < length) throw shorter(live);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) return bytes.subarray(0, end);
  }
}

/** All after the cut, also what another program appended while it was read. */
async function restOf({ files }: ArchiveFiles, live: string, cut: number): Promise<Uint8Array> {
  for (;;) {
    const size = (await files.stat(live))?.size ?? 0;
    if (size < cut) throw shorter(live);
    const rest = await files.readAt(live, cut, size - cut);
    if ((await files.stat(live))?.size === cut + rest.length) return rest;
  }
}

const shorter = (live: string): WireError =>
  new WireError("conflict", `Cannot archive ${JSON.stringify(live)}: another program rewrites it`);

async function headOf({ files }: ArchiveFiles, live: string, cut: number): Promise<string> {
  return hex(sha256(await files.readAt(live, 0, Math.min(cut, HEAD_BYTES))));
}

async function readMove(
  { files, stateRoot }: ArchiveFiles,
  peer: Handle,
): Promise<Move | undefined> {
  const file = moveFile(stateRoot, peer);
  const text = await files.readText(file);
  if (text === undefined) return undefined;
  const result = Move.safeParse(jsonIn(text));
  if (result.success) return result.data;
  throw new WireError(
    "unreadable",
    `Cannot read ${JSON.stringify(file)}: it is no record of ours`,
    {
      hint: "move it away: then messages of that peer may stand in inbox and archive",
    },
  );
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // replaced as a whole, so never torn: somebody else wrote it
  }
}

async function writeMove(deps: ArchiveFiles, peer: Handle, move: Move): Promise<void> {
  await deps.files.ensureDirectory(mailPaths(deps.stateRoot).archive);
  const file = moveFile(deps.stateRoot, peer);
  await deps.files.writeAtomic(file, JSON.stringify(move), { point: "archive.record" });
}
