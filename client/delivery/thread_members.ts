/** What `send --thread` and `--reply-to` add to a message. See docs/protocol/extensions.md §7. */
import { isThread, threadOf } from "../../protocol/delivery/thread.ts";
import { WireError } from "../../protocol/errors.ts";
import { parseEvent } from "../../protocol/event/event.ts";
import { type EventId, type Handle, isEventId } from "../../protocol/ids.ts";
import { quote } from "../../protocol/json/quote.ts";
import type { JsonObject } from "../../protocol/json/value.ts";
import { Inbox } from "../../store/mail/inbox.ts";
import { readLines } from "../../store/mail/jsonl.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import type { ClientContext } from "../context.ts";

export interface ThreadAsked {
  readonly thread?: string | undefined;
  readonly replyTo?: string | undefined;
}

const THREAD_BYTES = 16;
/** How far back an event that is answered is looked for, to take over its thread. */
const LOOK_BYTES = 1024 * 1024;

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

async function threadOfEvent(
  { home, platform: { files } }: ClientContext,
  peer: Handle,
  id: EventId,
): Promise<string | undefined> {
  const { stateRoot } = home.paths;
  for (const mail of [new Inbox({ files, stateRoot }), new Outbox({ files, stateRoot })]) {
    const file = mail.path(peer);
    const size = (await files.stat(file))?.size ?? 0;
    for await (const { text } of readLines(files, file, Math.max(0, size - LOOK_BYTES))) {
      const thread = text?.includes(id) === true ? threadIn(text, id) : undefined;
      if (thread !== undefined) return thread;
    }
  }
  return undefined;
}

/** @returns undefined also for the half of a line with which the look may begin */
function threadIn(text: string, id: EventId): string | undefined {
  try {
    const event = parseEvent(text);
    return event.id === id ? threadOf(event.value) : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
