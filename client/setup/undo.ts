/**
 * Takes back what `wire setup` wrote: the file as it was, byte by byte, if nobody has changed it since;
 * else our entry alone; and where that was changed, too, nothing, with the reason.
 */
import type { Platform } from "../../platform/platform.ts";
import { WireError } from "../../protocol/errors.ts";
import { digestOfText, entryText } from "./apply.ts";
import { isEntry } from "./finding.ts";
import type { Plain } from "./format.ts";
import type { Host } from "./host.ts";
import { isOurEntry, type SetupJournal, type SetupRecord } from "./journal.ts";

export interface Undone {
  /**
   * `restored` as it was, `deleted` because there was none, `removed` our entry from what has changed
   * since, `nothing` of ours was there, `left` as it is.
   */
  readonly status: "restored" | "deleted" | "removed" | "nothing" | "left";
  readonly detail: string;
}

/** @throws {WireError} write_failed; conflict, when somebody else writes at the same time */
export async function undoRecord(
  { files }: Platform,
  journal: SetupJournal,
  { host, record }: { readonly host: Host; readonly record: SetupRecord },
): Promise<Undone> {
  const { target, backup } = record;
  const text = await files.readText(target);
  const step = await stepOf(text);
  if (step.undone.status === "left") return step.undone;
  if (step.write !== undefined) {
    const mode = (await files.stat(target))?.mode;
    const options = { point: "setup.undo", ...(mode === undefined ? {} : { mode }) };
    await files.writeAtomic(target, step.write, options);
    if (await files.readText(target) !== step.write) {
      throw new WireError("conflict", `${target} was written, and somebody else has changed it`);
    }
  } else if (step.undone.status === "deleted") {
    await files.remove(target, { point: "setup.undo_delete" });
  }
  await journal.drop(record.file);
  if (backup !== null) await files.remove(backup, { point: "setup.undo_backup" });
  return step.undone;

  async function stepOf(now: string | undefined): Promise<Step> {
    if (now === undefined) return only("nothing", "the file is not there any more");
    const digest = digestOfText(now);
    if (digest === record.before && record.exact) return only("nothing", "it is as it was before");
    if (digest === record.after && record.exact) {
      if (record.before === null) return only("deleted", "there was no file before");
      const original = backup === null ? undefined : await files.readText(backup);
      if (original !== undefined && digestOfText(original) === record.before) {
        return { undone: { status: "restored", detail: "as it was before" }, write: original };
      }
    }
    return withoutEntry(host, record, now);
  }
}

interface Step {
  readonly undone: Undone;
  readonly write?: string;
}

const only = (status: Undone["status"], detail: string): Step => ({ undone: { status, detail } });

/** Others have written since: their changes stay. */
function withoutEntry(host: Host, record: SetupRecord, text: string): Step {
  const { format } = host;
  const read = format.read(text, host.path);
  const kept = record.backup === null ? "" : `; the backup is ${record.backup}`;
  if (!read.ok) return only("left", `changed since, and it does not parse: ${read.problem}${kept}`);
  if (read.value === undefined) return only("nothing", "the entry is not there any more");
  if (!isOurEntry(record, entryText(host, text))) {
    const started = isEntry(read.value) ? host.shape.started(read.value) : undefined;
    const now = started === undefined ? "" : `: it starts ${started.join(" ")}`;
    return only("left", `the entry was changed since ${record.at}${now}${kept}`);
  }
  const edited = record.previous === null
    ? format.remove(text, emptied(host, record, text) ? host.path.slice(0, -1) : host.path)
    : format.set(text, host.path, plainText(record.previous));
  if (!edited.ok) return only("left", `changed since ${record.at}: ${edited.problem}${kept}`);
  const detail = `the file was changed since ${record.at}: only our entry was taken back`;
  return { undone: { status: "removed", detail }, write: edited.text };
}

/** Whether what holds the entry was made by us and holds nothing else. */
function emptied({ format, path }: Host, { madeContainer }: SetupRecord, text: string): boolean {
  const read = format.read(text, path.slice(0, -1));
  if (!madeContainer || !read.ok || read.value === undefined || !isEntry(read.value)) return false;
  return Object.keys(read.value).length === 1;
}

/** Written by us, from a file that parsed. */
const plainText = (text: string): Plain => JSON.parse(text);
