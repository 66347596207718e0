/**
 * Received messages, once, oldest first. The newest, a thread, and what came after a message are found in
 * the archive, too. See docs/protocol/cli.md §4 and §9 S4.
 */
import { z } from "zod";
import { isThread, threadOf } from "../../protocol/delivery/thread.ts";
import { verifyEvent } from "../../protocol/event/verify.ts";
import type { Handle } from "../../protocol/ids.ts";
import { quote } from "../../protocol/json/quote.ts";
import { isJsonObject, type JsonObject, withMembers } from "../../protocol/json/value.ts";
import { mailPaths } from "../../store/mail/mail_paths.ts";
import { type ReceivedFiles, receivedFiles } from "../../store/mail/received_files.ts";
import type { ClientContext } from "../context.ts";
import { type InboxFile, inOrder, type Received } from "../history/inbox_order.ts";
import { ReadReceipts } from "../delivery/read_receipts.ts";
import type { StreamOperation } from "../operation.ts";
import { peerKey } from "../peer_view.ts";
import {
  historySince,
  inboxOnly,
  newestOfHistory,
  wholeHistory,
} from "../history/received_history.ts";
import { shownEvent } from "../redact_tokens.ts";
import { isNoise } from "../watch/noise.ts";

const TailInput = z.object({
  peer: z.string().optional(),
  /** At most so many; 0: all. Without `since` the newest, with it the next ones. */
  limit: z.int().nonnegative().default(0),
  /** Only what comes after the event of this id; an unknown id: everything. */
  since: z.string().optional(),
  /** Also what programs say to each other: pair drops, receipts, heartbeats. */
  includeHandshake: z.boolean().optional(),
  /** Say so where nothing has ever been received. */
  noteEmpty: z.boolean().optional(),
  /** Only messages of this thread, 32 hex digits. */
  thread: z.string().refine(isThread, "expected a thread, 32 hex digits").optional(),
});
type TailInput = z.output<typeof TailInput>;

/**
 * The signed event as received, with one more member, `verified`: checked against trust now. Of the
 * events that bring tokens of mailboxes, the tokens are not shown.
 */
const TailOutput = z.custom<JsonObject>(isJsonObject);

/** An unknown peer, or no inbox, is no output but for a note on stderr. @throws {WireError} usage, unreadable */
export const tail = {
  input: TailInput,
  output: TailOutput,
  async *stream(context, input, signal) {
    const { home } = context;
    const trust = await home.readTrust();
    const self = await home.isInitialized() ? await home.readIdentity() : undefined;
    const reads = await ReadReceipts.begin(context);
    try {
      for await (const { sender, event } of selected(context, input)) {
        signal.throwIfAborted();
        const verified = verifyEvent(event, trust, self).ok;
        yield withMembers(shownEvent(event.value), { verified });
        if (verified) reads.shown(sender, event);
      }
    } finally {
      await reads.end();
    }
  },
} satisfies StreamOperation<typeof TailInput, typeof TailOutput>;

async function* selected(
  context: ClientContext,
  input: TailInput,
): AsyncGenerator<Received, void, undefined> {
  const { home: { paths: { stateRoot } }, platform: { files, clock } } = context;
  const { limit, thread } = input;
  const only = input.peer === undefined ? undefined : peerKey(input.peer);
  const all = await receivedFiles({ files, stateRoot }, only);
  if (input.noteEmpty === true && only === undefined && all.length === 0) {
    context.warn("no inbox yet: nothing has been received; wire pull asks the relay");
  }
  const nowMs = clock.now();
  if (limit > 0 && input.since === undefined) {
    const isWanted = (received: Received) => isShown(received, input);
    const options = { files, nowMs, limit, isWanted, ...linesOf(all, { thread }) };
    yield* await newestOfHistory(all, options);
    return;
  }
  const later = input.since === undefined
    ? undefined
    : await historySince(all, input.since, { files, nowMs });
  const since = later === undefined ? undefined : input.since;
  if (input.since !== undefined && later === undefined) {
    const unknown = `none of these messages has the id ${quote(input.since)}`;
    context.warn(`${unknown}: all of them are shown, the oldest first`);
  }
  const unusable = new Map<Handle, string>();
  const messages = inOrder(later ?? everything(context, all, input), {
    files,
    nowMs,
    ...linesOf(all, { since, thread }),
    onUnusable: (sender, problem) => unusable.set(sender, problem),
  });
  const wanted = shown(since === undefined ? messages : after(messages, since), input);
  yield* limit === 0 ? wanted : first(wanted, limit);
  for (const [sender, problem] of unusable) {
    context.warn(`passed over lines of ${sender}'s inbox that are no events: ${problem}`);
  }
}

/**
 * What need not be parsed, where the text of a line says so.
 * @param since of a message that is there
 */
function linesOf(
  all: readonly ReceivedFiles[],
  { since, thread }: Pick<TailInput, "since" | "thread">,
): { mayBe?(text: string): boolean } {
  const isSince = (text: string) => since !== undefined && text.includes(since);
  // Nobody else's messages have their place among what came before.
  let isPast = since === undefined || all.length > 1;
  if (isPast && thread === undefined) return {};
  return {
    mayBe(text) {
      if (isSince(text)) return isPast = true;
      return isPast && (thread === undefined || text.includes(thread));
    },
  };
}

/** Of a thread all of it; else the inbox files, however long the archive is. */
function everything(
  { home: { paths: { stateRoot } }, warn }: ClientContext,
  all: readonly ReceivedFiles[],
  { thread }: TailInput,
): InboxFile[] {
  if (thread !== undefined) return wholeHistory(all);
  if (all.some(({ months }) => months.length > 0)) {
    const { archive } = mailPaths(stateRoot);
    warn(`older messages are archived in ${archive}: --limit, --thread and wire search read them`);
  }
  return inboxOnly(all);
}

type Messages = AsyncIterable<Received>;

async function* after(messages: Messages, id: string): AsyncGenerator<Received> {
  let isPast = false;
  for await (const message of messages) {
    if (isPast) yield message;
    isPast ||= message.event.id === id;
  }
}

async function* shown(messages: Messages, input: TailInput): AsyncGenerator<Received> {
  for await (const message of messages) if (isShown(message, input)) yield message;
}

function isShown({ event }: Received, input: TailInput): boolean {
  const { includeHandshake, thread } = input;
  if (thread !== undefined && threadOf(event.value) !== thread) return false;
  return includeHandshake === true || !isNoise(event);
}

async function* first(messages: Messages, count: number): AsyncGenerator<Received> {
  let left = count;
  for await (const message of messages) {
    yield message;
    if (--left === 0) return;
  }
}
