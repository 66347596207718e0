/**
 * Who was let through a person's gate, and what proved that a person agreed: `passages.jsonl` and, when
 * that is full, `passages.jsonl.1`, in the state directory. Ours; 0.5.19 has no such file. A line is
 * on the disk before what it lets through, so one may stand here whose pairing then failed.
 */
import path from "node:path";
import { z } from "zod";
import { logBefore, makeRoomInLog } from "../diag/bounded_log.ts";
import { readLinesBackwards } from "../mail/jsonl_backwards.ts";
import type { Home } from "./home.ts";

/** Of each of the two files: some thousand passages. */
export const MAX_PASSAGES_BYTES = 256 * 1024;

export const Passage = z.object({
  /** RFC 3339. */
  at: z.iso.datetime(),
  op: z.enum(["pair_accept", "accept_invite", "sas_confirm", "add", "pin"]),
  /** Where the word was given: the command line, or a tool of an agent. */
  face: z.enum(["cli", "mcp"]),
  /** `typed`: the peer's digits, on a terminal. `operator`: proved to the guard. */
  proof: z.enum(["unproved", "typed", "operator"]),
  /** Of the peer, or, while it is not known, the first part of the code phrase. Never a secret. */
  subject: z.string().regex(/^[!-~…]{1,256}$/),
});
export type Passage = z.infer<typeof Passage>;

/** @throws {WireError} locked, unreadable, write_failed: nobody passes who could not be recorded */
export async function recordPassage(home: Home, passage: Omit<Passage, "at">): Promise<void> {
  const { files, clock } = home.platform;
  await home.ensureRoots();
  const { stateRoot } = home.paths;
  await using _lock = await home.lock(path.join(stateRoot, "passages.lock"), "wire, a passage");
  await makeRoomInLog(files, pathIn(home), MAX_PASSAGES_BYTES);
  const line = Passage.parse({ at: clock.timestamp(), ...passage });
  await files.append(pathIn(home), `${JSON.stringify(line)}\n`, { point: "home.passage" });
}

export interface Passages {
  readonly passages: readonly Passage[];
  /** Whole lines that are none of ours, or that a crash tore before another was written. */
  readonly unreadable: number;
}

/** The newest first. @throws {WireError} unreadable */
export async function lastPassages(home: Home, limit: number): Promise<Passages> {
  const passages: Passage[] = [];
  let unreadable = 0;
  for (const file of [pathIn(home), logBefore(pathIn(home))]) {
    for await (const text of readLinesBackwards(home.platform.files, file)) {
      if (passages.length + unreadable >= limit) return { passages, unreadable };
      const passage = text === "" ? undefined : read(text);
      if (passage !== undefined) passages.push(passage);
      else if (text !== "") unreadable++;
    }
  }
  return { passages, unreadable };
}

const pathIn = ({ paths }: Home): string => path.join(paths.stateRoot, "passages.jsonl");

function read(text: string | undefined): Passage | undefined {
  try {
    return text === undefined ? undefined : Passage.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // counted by the caller
  }
}
