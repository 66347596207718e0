/** What is to be done in one host's file, without doing it. See docs/protocol/cli.md §7.2. */
import path from "node:path";
import type { Files } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import { type Edited, type Plain } from "./format.ts";
import { type Entry, entryFor, type Host, type HostPlace, type Server } from "./host.ts";
import type { Places } from "./places.ts";

export type Finding =
  | { readonly tag: "absent"; readonly file: string }
  /** It cannot be read or merged: what a person would paste. */
  | {
    readonly tag: "untouched";
    readonly file: string;
    readonly reason: string;
    readonly paste: string;
  }
  | { readonly tag: "unchanged"; readonly file: string }
  /** Another command stands there, and it is not ours to replace. */
  | { readonly tag: "kept"; readonly file: string; readonly reason: string }
  | Change;

export interface Change {
  readonly tag: "change";
  readonly kind: "create" | "add" | "update";
  /** As the host names it. */
  readonly file: string;
  /** Where a link leads. */
  readonly target: string;
  /** Undefined: there is no such file. */
  readonly before: string | undefined;
  readonly after: string;
  readonly mode: number;
}

export interface Wanted {
  readonly server: Server;
  /** Whether another command is replaced, too. */
  readonly replace: boolean;
  /** Whether an entry is as we wrote it earlier. */
  isOurs(file: string, entry: Plain): boolean;
}

const MAX_BYTES = 64 * 1024 * 1024;
const PRIVATE = 0o600;
const SHARED = 0o644;

/** Where the host's file is, or would be; undefined where the host does not run on this system. */
export async function placeOf(
  files: Files,
  host: Host,
  where: Places,
): Promise<HostPlace | undefined> {
  const places = host.places(where);
  for (const place of places) if (await isThere(files, place.file)) return place;
  return places.at(-1);
}

/** What cannot be looked at is there for all we know; findIn says why it cannot be read. */
async function isThere(files: Files, file: string): Promise<boolean> {
  try {
    return await files.stat(file) !== undefined;
  } catch (error) {
    if (error instanceof WireError && error.code === "unreadable") return true;
    throw error;
  }
}

/** Never throws for what a file holds. @throws {WireError} unreadable, of a directory on the way */
export async function findIn(
  files: Files,
  host: Host,
  { file, signs }: HostPlace,
  wanted: Wanted,
): Promise<Finding> {
  const { format } = host;
  const untouched = (reason: string): Finding => {
    const paste = format.snippet(host.path, entryFor(host, wanted.server));
    return { tag: "untouched", file, reason, paste };
  };
  try {
    const there = await Promise.all(signs.map((sign) => files.stat(sign)));
    if (there.every((stat) => stat === undefined)) return { tag: "absent", file };
    const target = await files.followLinks(file);
    if (host.isProject && !isBelow(path.dirname(file), target)) {
      return untouched(`it is a link out of the project, to ${target}`);
    }
    const stat = await files.stat(target);
    if ((stat?.size ?? 0) > MAX_BYTES) return untouched("it is larger than 64 MiB");
    const before = await files.readText(target);
    const text = before === undefined || before.trim() === "" ? format.empty : before;
    const read = format.read(text, host.path);
    if (!read.ok) return untouched(read.problem);
    const change = (kind: Change["kind"], edited: Edited): Finding => {
      if (!edited.ok) return untouched(edited.problem);
      const mode = stat?.mode ?? (host.isProject ? SHARED : PRIVATE);
      return { tag: "change", kind, file, target, before, after: edited.text, mode };
    };
    if (read.value === undefined) {
      const edited = format.set(text, host.path, entryFor(host, wanted.server));
      return change(before === undefined ? "create" : "add", edited);
    }
    if (!isEntry(read.value)) return untouched(`${host.path.join(".")} is not an object`);
    const edits = editsOf(host, read.value, wanted.server);
    if (edits.length === 0) return { tag: "unchanged", file };
    const kept = await keptBecause(files, host, file, { entry: read.value, wanted });
    if (kept !== undefined) return { tag: "kept", file, reason: kept };
    return change("update", applied(host, text, edits));
  } catch (error) {
    if (error instanceof WireError && error.code === "unreadable") return untouched(error.message);
    throw error;
  }
}

/** A project may be somebody else's: its links are not followed to where this user's files are. */
function isBelow(directory: string, file: string): boolean {
  const way = path.relative(directory, file);
  return !path.isAbsolute(way) && way.split(path.sep)[0] !== "..";
}

export const isEntry = (value: Plain): value is Entry =>
  typeof value === "object" && value !== null && !Array.isArray(value);

type Edit = readonly [path: readonly string[], value: Plain];

/** What starts the server is set, variables that are missing are added, and the rest stays. */
function editsOf({ shape }: Host, entry: Entry, server: Server): readonly Edit[] {
  const edits: Edit[] = [];
  for (const [name, value] of Object.entries(shape.starting(server))) {
    if (JSON.stringify(entry[name]) !== JSON.stringify(value)) edits.push([[name], value]);
  }
  const env = entry[shape.env];
  for (const [name, value] of Object.entries(server.env)) {
    if (env !== undefined && isEntry(env) && name in env) continue;
    edits.push([[shape.env, name], value]);
  }
  return edits;
}

function applied(host: Host, text: string, edits: readonly Edit[]): Edited {
  let edited: Edited = { ok: true, text };
  for (const [below, value] of edits) {
    if (!edited.ok) return edited;
    edited = host.format.set(edited.text, [...host.path, ...below], value);
  }
  return edited;
}

/** A person's own command is kept: not what the other program or we set up, and not a dead one. */
async function keptBecause(
  files: Files,
  { shape }: Host,
  file: string,
  { entry, wanted }: { readonly entry: Entry; readonly wanted: Wanted },
): Promise<string | undefined> {
  const started = shape.started(entry);
  const command = started?.[0];
  if (wanted.replace || wanted.isOurs(file, entry)) return undefined;
  if (started === undefined || command === undefined) return "it starts nothing that we know";
  if (command === "wire" && started.length === 2 && started[1] === "mcp") return undefined;
  if (JSON.stringify(started) === JSON.stringify([wanted.server.command, ...wanted.server.args])) {
    return undefined; // only a variable is missing
  }
  const isDead = path.isAbsolute(command) && await files.stat(command) === undefined;
  return isDead ? undefined : `it starts ${started.join(" ")}`;
}
