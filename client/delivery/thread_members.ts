/** What `send --thread` and `--reply-to` add to a message. See docs/protocol/extensions.md §7. */
import { isThread, threadOf } from "../../protocol/delivery/thread.ts";
import { WireError } from "../../protocol/errors.ts";
import { type EventId, type Handle, isEventId } from "../../protocol/ids.ts";
import { quote } from "../../protocol/json/quote.ts";
import type { JsonObject } from "../../protocol/json/value.ts";
import { receivedFiles } from "../../store/mail/received_files.ts";
import { sentFiles } from "../../store/mail/sent_files.ts";
import type { ClientContext } from "../context.ts";
import { findEvent, findReceived } from "../history/received_history.ts";

export interface ThreadAsked {
  readonly thread?: string | undefined;
  readonly replyTo?: string | undefined;
}

const THREAD_BYTES = 16;

/** @throws {WireError} usage */
export async function threadMembers(
  context: ClientContext,
  peer: Handle,
  { thread, replyTo }: ThreadAsked,
): Promise<JsonObject> {
  if (thread !== undefined && thread !== "new" && !isThread(thread)) {
    throw new WireError(
      "usage",
      `Cannot send in the thread ${quote(thread)}: expected 32 hex digits, or new`,
    );
  }
  if (replyTo === undefined) return thread === undefined ? {} : { thread: named(context, thread) };
  if (!isEventId(replyTo)) {
    throw new WireError(
      "usage",
      `Cannot answer ${quote(replyTo)}: expected an event id, 64 hex digits`,
    );
  }
  const of = thread === undefined
    ? await threadOfEvent(context, peer, replyTo)
    : named(context, thread);
  return { reply_to: replyTo, ...(of === undefined ? {} : { thread: of }) };
}

const named = ({ platform: { random } }: ClientContext, thread: string): string =>
  thread === "new" ? random.bytes(THREAD_BYTES).toHex() : thread;

/** Wherever it stands among what came from that peer, archived or not, and what was sent to it. */
async function threadOfEvent(
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
