/**
 * Writes one host's file: backup, journal, file, in this order, so that a kill anywhere can be undone.
 * What is said to be written has been read again.
 */
import path from "node:path";
import type { Files } from "../../platform/files.ts";
import type { Platform } from "../../platform/platform.ts";
import { WireError } from "../../protocol/errors.ts";
import { hex, sha256 } from "../../protocol/identity/keys.ts";
import type { Change } from "./finding.ts";
import type { Host } from "./host.ts";
import { isOurEntry, type SetupJournal, type SetupRecord } from "./journal.ts";

export const digestOfText = (text: string): string => hex(sha256(new TextEncoder().encode(text)));

const BACKUP_SUFFIX = ".before-wire";

/**
 * @returns where the backup is, or null when there was no file
 * @throws {WireError} conflict, when somebody else wrote meanwhile; write_failed
 */
export async function applyChange(
  { files, clock }: Platform,
  journal: SetupJournal,
  { host, change }: { readonly host: Host; readonly change: Change },
): Promise<string | null> {
  const { file, target, before, after, mode } = change;
  const old = (await journal.read()).find((record) => record.file === file);
  const origin = await originOf(files, { host, change, old });
  await journal.put({
    host: host.id,
    file,
    target,
    ...origin,
    after: digestOfText(after),
    written: entryText(host, after) ?? "",
    at: clock.timestamp(),
  });
  if (old !== undefined && old.backup !== null && old.backup !== origin.backup) {
    await files.remove(old.backup, { point: "setup.old_backup" });
  }
  if (await files.readText(target) !== before) {
    throw new WireError("conflict", `Cannot change ${file}: somebody else is writing it`, {
      hint: "run it again",
    });
  }
  await files.ensureDirectory(path.dirname(target));
  await files.writeAtomic(target, after, { point: "setup.host", mode });
  if (await files.readText(target) === after) return origin.backup;
  throw new WireError("conflict", `${file} was written, and somebody else has changed it since`);
}

type Origin = Pick<
  SetupRecord,
  "backup" | "before" | "previous" | "earlier" | "madeContainer" | "exact"
>;

/** How it was before we ever wrote there; a backup is made unless that one is still right. */
async function originOf(
  files: Files,
  { host, change, old }: {
    readonly host: Host;
    readonly change: Change;
    readonly old: SetupRecord | undefined;
  },
): Promise<Origin> {
  const { file, before, mode } = change;
  const digest = before === undefined ? null : digestOfText(before);
  if (old !== undefined && (digest === old.after || digest === old.before)) {
    const { backup, before, previous, madeContainer, exact } = old;
    const earlier = digest === old.after ? old.written : old.earlier;
    return { backup, before, previous, earlier, madeContainer, exact };
  }
  const entry = before === undefined ? undefined : entryText(host, before);
  const isOurs = old !== undefined && isOurEntry(old, entry);
  const backup = before === undefined ? null : await freeName(files, file + BACKUP_SUFFIX);
  if (before !== undefined && backup !== null) {
    await files.createNew(backup, before, { point: "setup.backup", mode });
  }
  return {
    backup,
    before: digest,
    previous: isOurs ? old.previous : entry ?? null,
    earlier: isOurs ? entry ?? null : null,
    madeContainer: isOurs ? old.madeContainer : !hasContainer(host, before),
    exact: !isOurs,
  };
}

/** The host's entry as JSON, or undefined when there is none. */
export function entryText({ format, path }: Host, text: string): string | undefined {
  const read = format.read(text, path);
  return read.ok && read.value !== undefined ? JSON.stringify(read.value) : undefined;
}

function hasContainer({ format, path }: Host, text: string | undefined): boolean {
  if (text === undefined || text.trim() === "") return false;
  const read = format.read(text, path.slice(0, -1));
  return read.ok && read.value !== undefined;
}

async function freeName(files: Files, wanted: string): Promise<string> {
  let name = wanted;
  for (let count = 2; await files.stat(name) !== undefined; count++) name = `${wanted}-${count}`;
  return name;
}
