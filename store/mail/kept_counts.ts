/**
 * How many messages stand in the mail files, for `status`: counted from where the last count ended,
 * which `state/wire/mail-counts.json` remembers. The file is only a copy: gone or wrong, everything is
 * counted again.
 */
import path from "node:path";
import { z } from "zod";
import type { Files } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import { hex, sha256 } from "../../protocol/identity/keys.ts";
import { archivedMonths } from "./archived_months.ts";
import { archivedOutboxes } from "./outbox_archive.ts";
import { type Line, readLines } from "./jsonl.ts";
import { handlesOf, mailFile, mailPaths } from "./mail_paths.ts";

export interface MailCount {
  readonly files: number;
  /** Lines that are not blank. */
  readonly events: number;
}

const Kept = z.object({
  /** Bytes from the start of the file that are counted for good. */
  end: z.int().nonnegative(),
  events: z.int().nonnegative(),
  /** Of what stands right before the end. */
  sha256: z.string(),
});
type Kept = z.infer<typeof Kept>;

const Counts = z.record(z.string(), Kept);

const WINDOW_BYTES = 4_096;
/** Less is counted again each time: not worth a write. */
const WORTH_KEEPING_BYTES = 256 * 1024;
const NOTHING: Kept = { end: 0, events: 0, sha256: "" };

/** Takes no lock: whoever is last writes what it counted, and every count is a true one. */
export async function countMail(
  files: Files,
  stateRoot: string,
): Promise<{ readonly inbox: MailCount; readonly outbox: MailCount }> {
  const file = path.join(stateRoot, "mail-counts.json");
  const before = parseCounts(await files.readText(file));
  const after: Record<string, Kept> = {};
  let fresh = 0;
  const { inbox, outbox } = mailPaths(stateRoot);
  const count = async (box: string, directory: string) => {
    const peers = handlesOf(await files.list(directory));
    let events = 0;
    for (const peer of peers) {
      const name = `${box}/${peer}`;
      const counted = await countFile(files, mailFile(directory, peer), before[name]);
      after[name] = counted.kept;
      fresh += Math.abs(counted.kept.end - (before[name]?.end ?? 0));
      events += counted.events;
    }
    return { files: peers.length, events };
  };
  const counts = { inbox: await count("inbox", inbox), outbox: await count("outbox", outbox) };
  const deps = { files, stateRoot };
  const archived = [
    ...(await archivedMonths(deps)).map(({ peer, month, path }) => (
      { box: "inbox", name: `archive/${peer}/${month}`, path } as const
    )),
    ...(await archivedOutboxes(deps)).map(({ peer, number, path }) => (
      { box: "outbox", name: `sent/${peer}/${number}`, path } as const
    )),
  ];
  for (const { box, name, path } of archived) {
    const counted = await countFile(files, path, before[name]);
    after[name] = counted.kept;
    fresh += Math.abs(counted.kept.end - (before[name]?.end ?? 0));
    counts[box].events += counted.events;
  }
  if (fresh >= WORTH_KEEPING_BYTES) await keep(files, file, after);
  return counts;
}

async function countFile(
  files: Files,
  file: string,
  before: Kept | undefined,
): Promise<{ readonly events: number; readonly kept: Kept }> {
  const stands = before !== undefined &&
    await windowHash(files, file, before.end) === before.sha256;
  let { end, events: fixed } = stands ? before : NOTHING;
  let isFixed = true;
  let loose = 0;
  let read = end;
  for await (const line of readLines(files, file, end)) {
    read = line.end;
    isFixed &&= mayNotChange(line);
    const one = line.text?.trim() === "" ? 0 : 1;
    if (!isFixed) loose += one;
    else {
      fixed += one;
      end = line.end;
    }
  }
  const torn = new TextDecoder().decode(await files.readAt(file, read, WINDOW_BYTES));
  const kept = { end, events: fixed, sha256: await windowHash(files, file, end) };
  return { events: fixed + loose + (torn.trim() === "" ? 0 : 1), kept };
}

/** What an agent appended without a signature is blanked once it is signed. */
const mayNotChange = ({ text }: Line): boolean =>
  text === undefined || text.trim() === "" || text.includes('"signature"');

async function windowHash(files: Files, file: string, end: number): Promise<string> {
  const from = Math.max(0, end - WINDOW_BYTES);
  return hex(sha256(await files.readAt(file, from, end - from)));
}

/** A home that cannot be written is no reason to say nothing. */
async function keep(files: Files, file: string, counts: Record<string, Kept>): Promise<void> {
  try {
    await files.writeAtomic(file, JSON.stringify(counts), { point: "mail.counts" });
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
}

function parseCounts(text: string | undefined): z.infer<typeof Counts> {
  if (text === undefined) return {};
  try {
    const result = Counts.safeParse(JSON.parse(text));
    return result.success ? result.data : {};
  } catch {
    return {}; // replaced as a whole, so never torn: somebody else wrote it
  }
}
