/** The files that are searched: what came and what was sent, one a peer. */
import type { Files } from "../../platform/files.ts";
import type { Handle } from "../../protocol/ids.ts";
import { archivedMonths } from "../mail/archived_months.ts";
import { archivedOutboxes } from "../mail/outbox_archive.ts";
import { handlesOf, mailFile, mailPaths } from "../mail/mail_paths.ts";

export type Direction = "in" | "out";

export interface Source {
  /** `in/bob`, `out/bob`, and archived `in/bob/2026-10`, `out/bob/1`: the same for as long as the home lives. */
  readonly name: string;
  readonly peer: Handle;
  readonly direction: Direction;
  readonly path: string;
}

export async function searchSources(files: Files, stateRoot: string): Promise<Source[]> {
  const { inbox, outbox } = mailPaths(stateRoot);
  const sources: Source[] = [];
  for (const [direction, directory] of [["in", inbox], ["out", outbox]] as const) {
    for (const peer of handlesOf(await files.list(directory))) {
      const path = mailFile(directory, peer);
      sources.push({ name: `${direction}/${peer}`, peer, direction, path });
    }
  }
  for (const { peer, month, path } of await archivedMonths({ files, stateRoot })) {
    sources.push({ name: `in/${peer}/${month}`, peer, direction: "in", path });
  }
  for (const { peer, number, path } of await archivedOutboxes({ files, stateRoot })) {
    sources.push({ name: `out/${peer}/${number}`, peer, direction: "out", path });
  }
  return sources;
}
