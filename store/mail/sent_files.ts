/** Where sent messages stand: what was archived, the oldest first, then the outbox. */
import type { Handle } from "../../protocol/ids.ts";
import type { ArchiveFiles } from "./archived_months.ts";
import { Outbox } from "./outbox.ts";
import { archivedOutboxes } from "./outbox_archive.ts";

export interface SentFiles {
  readonly peer: Handle;
  readonly paths: readonly string[];
}

/** To one peer, known or not, or to all, in byte order. */
export async function sentFiles(deps: ArchiveFiles, only?: Handle): Promise<SentFiles[]> {
  const outbox = new Outbox(deps);
  const archived = Map.groupBy(await archivedOutboxes(deps), ({ peer }) => peer);
  const peers = only === undefined
    ? [...new Set([...await outbox.peers(), ...archived.keys()])].sort()
    : [only];
  return peers.map((peer) => ({
    peer,
    paths: [...(archived.get(peer) ?? []).map(({ path }) => path), outbox.path(peer)],
  }));
}
