/** Received messages, once, oldest first. See docs/protocol/cli.md §4 and §9 S4. */
import { z } from "zod";
import { isThread, threadOf } from "../../protocol/delivery/thread.ts";
import { isHandshakeNoise, kindNumber } from "../../protocol/event/kinds.ts";
import { verifyEvent } from "../../protocol/event/verify.ts";
import type { Handle } from "../../protocol/ids.ts";
import {
  isJsonObject,
  type JsonObject,
  member,
  stringMember,
  withMembers,
} from "../../protocol/json/value.ts";
import { archivedMonths, monthsOf } from "../../store/mail/archived_months.ts";
import { Inbox } from "../../store/mail/inbox.ts";
import { mailPaths } from "../../store/mail/mail_paths.ts";
import type { ClientContext } from "../context.ts";
import { type InboxFile, inOrder, type OrderOptions, type Received } from "../inbox_order.ts";
import { newestReceived } from "../newest_received.ts";
import { ReadReceipts } from "../delivery/read_receipts.ts";
import type { StreamOperation } from "../operation.ts";
import { peerKey } from "../peer_view.ts";
import { shownEvent } from "../redact_tokens.ts";

const TailInput = z.object({
  peer: z.string().optional(),
  /** At most so many; 0: all. Without `since` the newest, with it the next ones. */
  limit: z.int().nonnegative().default(0),
  /** Only what comes after the event of this id; an unknown id: everything. */
  since: z.string().optional(),
  /** Also what programs say to each other: pair drops, receipts, heartbeats. */
  includeHandshake: z.boolean().optional(),
  /** Only messages of this thread, 32 hex digits. */
  thread: z.string().refine(isThread, "expected a thread, 32 hex digits").optional(),
});
type TailInput = z.output<typeof TailInput>;

/**
 * The signed event as received, with one more member, `verified`: checked against trust now. Of the
 * events that bring tokens of mailboxes, the tokens are not shown.
 */
const TailOutput = z.custom<JsonObject>(isJsonObject);

/** An unknown peer, or no inbox, is no output. @throws {WireError} usage, unreadable */
export const tail = {
  input: TailInput,
  output: TailOutput,
  async *stream(context, input, signal) {
    const { home } = context;
    const trust = await home.readTrust();
    const self = await home.isInitialized() ? await home.readIdentity() : undefined;
    await tellOfArchive(context, input);
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

/** Only what stands in the inbox files is read; the newest of all messages is there. */
async function tellOfArchive(context: ClientContext, { peer, limit, since, thread }: TailInput) {
  const isOfNewest = limit > 0 && since === undefined && thread === undefined;
  if (isOfNewest) return;
  const { home: { paths: { stateRoot } }, platform: { files } } = context;
  const deps = { files, stateRoot };
  const months = peer === undefined
    ? await archivedMonths(deps)
    : await monthsOf(deps, peerKey(peer));
  if (months.length === 0) return;
  context.warn(
    `older messages are archived in ${mailPaths(stateRoot).archive}: wire search finds them`,
  );
}

async function* selected(
  context: ClientContext,
  input: TailInput,
): AsyncGenerator<Received, void, undefined> {
  const { limit, since } = input;
  const inboxes = await inboxesOf(context, input.peer);
  if (limit > 0 && since === undefined) {
    const { files, clock } = context.platform;
    const isWanted = (received: Received) => isShown(received, input);
    yield* await newestReceived(inboxes, { files, nowMs: clock.now(), limit, isWanted });
    return;
  }
  const unusable = new Map<Handle, string>();
  const all = (onUnusable: OrderOptions["onUnusable"]) =>
    inOrder(inboxes, {
      files: context.platform.files,
      nowMs: context.platform.clock.now(),
      onUnusable,
    });

  const isKnown = since !== undefined && await holds(all(() => {}), since);
  const from = all((sender, problem) => unusable.set(sender, problem));
  const wanted = shown(isKnown ? after(from, since) : from, input);
  yield* limit === 0 ? wanted : first(wanted, limit);
  for (const [sender, problem] of unusable) {
    context.warn(`passed over lines of ${sender}'s inbox that are no events: ${problem}`);
  }
}

async function inboxesOf(
  { home, platform: { files } }: ClientContext,
  peer: string | undefined,
): Promise<InboxFile[]> {
  const inbox = new Inbox({ files, stateRoot: home.paths.stateRoot });
  const senders = peer === undefined ? await inbox.senders() : [peerKey(peer)];
  return senders.map((sender) => ({ sender, path: inbox.path(sender) }));
}

type Messages = AsyncIterable<Received>;

async function holds(messages: Messages, id: string): Promise<boolean> {
  for await (const { event } of messages) if (event.id === id) return true;
  return false;
}

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

function isShown({ event: { value } }: Received, input: TailInput): boolean {
  const { includeHandshake, thread } = input;
  if (thread !== undefined && threadOf(value) !== thread) return false;
  if (includeHandshake === true) return true;
  const type = stringMember(value, "type") ?? "";
  return !isHandshakeNoise(type, kindNumber(member(value, "kind")));
}

async function* first(messages: Messages, count: number): AsyncGenerator<Received> {
  let left = count;
  for await (const message of messages) {
    yield message;
    if (--left === 0) return;
  }
}
