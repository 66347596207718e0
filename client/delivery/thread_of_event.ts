/** The thread of an event that is answered. Few messages ask for it, so `send` loads it only then. */
import { threadOf } from "../../protocol/delivery/thread.ts";
import type { EventId, Handle } from "../../protocol/ids.ts";
import { receivedFiles } from "../../store/mail/received_files.ts";
import { sentFiles } from "../../store/mail/sent_files.ts";
import type { ClientContext } from "../context.ts";
import { findEvent, findReceived } from "../history/received_history.ts";

/** Wherever it stands among what came from that peer, archived or not, and what was sent to it. */
export async function threadOfEvent(
  { home: { paths: { stateRoot } }, platform: { files } }: ClientContext,
  peer: Handle,
  id: EventId,
): Promise<string | undefined> {
  const deps = { files, stateRoot };
  const received = await findReceived(files, await receivedFiles(deps, peer), id);
  if (received !== undefined) return threadOf(received.event.value);
  for (const { paths } of await sentFiles(deps, peer)) {
    for (const path of paths.toReversed()) {
      const event = await findEvent(files, path, id);
      if (event !== undefined) return threadOf(event.value);
    }
  }
  return undefined;
}
