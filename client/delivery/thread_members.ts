/** What `send --thread` and `--reply-to` add to a message. See docs/protocol/extensions.md §7. */
import { isThread } from "../../protocol/delivery/thread.ts";
import { WireError } from "../../protocol/errors.ts";
import { type Handle, isEventId } from "../../protocol/ids.ts";
import { quote } from "../../protocol/json/quote.ts";
import type { JsonObject } from "../../protocol/json/value.ts";
import type { ClientContext } from "../context.ts";

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
  if (thread !== undefined) return { reply_to: replyTo, thread: named(context, thread) };
  const { threadOfEvent } = await import("./thread_of_event.ts");
  const of = await threadOfEvent(context, peer, replyTo);
  return { reply_to: replyTo, ...(of === undefined ? {} : { thread: of }) };
}

const named = ({ platform: { random } }: ClientContext, thread: string): string =>
  thread === "new" ? random.bytes(THREAD_BYTES).toHex() : thread;
