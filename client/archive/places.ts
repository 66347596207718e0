/**
 * Who keeps a place in a peer's inbox file: receipts, the record of what is missing, `notify`, `reactor`.
 * What one of them has not read stays in the file; when its beginning goes, the places go back with it.
 */
import type { EpochMs, Handle } from "../../protocol/ids.ts";
import type { ArchiveFiles } from "../../store/mail/archived_months.ts";
import type { Places } from "../../store/mail/inbox_move.ts";
import { readReceiptState } from "../../store/mail/receipt_state.ts";
import { gapsNow } from "../delivery/gaps.ts";
import { printEnds, type Reader, ReaderPosition } from "../watch/reader_position.ts";

export const READERS = ["notify", "reactor"] as const satisfies readonly Reader[];

export interface Held {
  readonly upTo: number;
  readonly by: "receipts" | Reader;
}

/** The earliest place of those who go on from where they were; undefined when nobody does. */
export async function earliestPlace(deps: ArchiveFiles, peer: Handle): Promise<Held | undefined> {
  const places: Held[] = [];
  const receipts = await readReceiptState(deps, peer);
  if (receipts !== undefined) places.push({ upTo: receipts.offset, by: "receipts" });
  for (const by of READERS) {
    const end = (await new ReaderPosition(deps.files, deps.stateRoot, by).load()).get(peer);
    if (end !== undefined) places.push({ upTo: end, by });
  }
  return places.sort((a, b) => a.upTo - b.upTo)[0];
}

/** What their files will say once the first `cut` bytes are gone. */
export async function placesAfter(
  deps: ArchiveFiles,
  peer: Handle,
  { cut, now }: { readonly cut: number; readonly now: EpochMs },
): Promise<Places> {
  const back = (offset: number): number => Math.max(0, offset - cut);
  const receipts = await readReceiptState(deps, peer);
  const gaps = await gapsNow(deps, peer, now);
  const notify = await reader(deps, "notify", peer, back);
  const reactor = await reader(deps, "reactor", peer, back);
  return {
    gaps: JSON.stringify({ ...gaps, offset: back(gaps.offset) }),
    ...(receipts === undefined
      ? {}
      : { receipts: JSON.stringify({ ...receipts, offset: back(receipts.offset) }) }),
    ...(notify === undefined ? {} : { notify }),
    ...(reactor === undefined ? {} : { reactor }),
  };
}

async function reader(
  { files, stateRoot }: ArchiveFiles,
  name: Reader,
  peer: Handle,
  back: (offset: number) => number,
): Promise<string | undefined> {
  const ends = await new ReaderPosition(files, stateRoot, name).load();
  const end = ends.get(peer);
  return end === undefined ? undefined : printEnds(ends.set(peer, back(end)));
}
