/** Where received messages stand: what was archived, month by month, then the inbox file. */
import type { Handle } from "../../protocol/ids.ts";
import { type ArchivedMonth, archivedMonths, type ArchiveFiles } from "./archived_months.ts";
import { Inbox } from "./inbox.ts";

export interface ReceivedFiles {
  readonly sender: Handle;
  /** The oldest first; none while `wire archive` moves something of this sender. */
  readonly months: readonly ArchivedMonth[];
  readonly inbox: string;
}

/** Of one sender, known or not, or of all, in byte order. */
export async function receivedFiles(deps: ArchiveFiles, only?: Handle): Promise<ReceivedFiles[]> {
  const inbox = new Inbox(deps);
  const months = Map.groupBy(await archivedMonths(deps), ({ peer }) => peer);
  const senders = only === undefined
    ? [...new Set([...await inbox.senders(), ...months.keys()])].sort()
    : [only];
  return senders.map((sender) => ({
    sender,
    months: months.get(sender) ?? [],
    inbox: inbox.path(sender),
  }));
}
