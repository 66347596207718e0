/** One thread as a conversation: what came and what was sent, archived or not. See docs/protocol/extensions.md §7. */
import { z } from "zod";
import { isThread, threadOf } from "../../protocol/delivery/thread.ts";
import { receivedFiles } from "../../store/mail/received_files.ts";
import { sentFiles } from "../../store/mail/sent_files.ts";
import type { FoundMessage } from "../history/find_message.ts";
import type { Received } from "../history/inbox_order.ts";
import { newestReceived } from "../history/newest_received.ts";
import { newestOfHistory } from "../history/received_history.ts";
import { showMessages, ShownMessage } from "../history/show_message.ts";
import type { Operation } from "../operation.ts";
import { peerKey } from "../peer_view.ts";
import { isNoise } from "../watch/noise.ts";

const ThreadInput = z.object({
  thread: z.string().refine(isThread, "expected 32 hex digits"),
  /** Only with this peer. */
  peer: z.string().optional(),
  /** The newest so many. */
  limit: z.int().min(1).max(10_000).default(50),
});

const ThreadOutput = z.object({
  /** Oldest first. */
  messages: z.array(ShownMessage),
  /** Whether there are older ones. */
  more: z.boolean(),
});

/** @throws {WireError} usage, unreadable */
export const thread = {
  input: ThreadInput,
  output: ThreadOutput,
  async run(context, { thread, peer, limit }) {
    const { home: { paths: { stateRoot } }, platform: { files, clock } } = context;
    const only = peer === undefined ? undefined : peerKey(peer);
    const isOfThread = ({ event }: Received) => threadOf(event.value) === thread && !isNoise(event);
    // What an agent appended is a message of ours once it is signed; until then it may stand twice.
    const isSigned = (one: Received) => one.event.id !== "" && isOfThread(one);
    const wanted = {
      files,
      nowMs: clock.now(),
      limit: limit + 1,
      mayBe: (text: string) => text.includes(thread),
      isWanted: isOfThread,
    };
    const came = await newestOfHistory(await receivedFiles({ files, stateRoot }, only), wanted);
    const outboxes = (await sentFiles({ files, stateRoot }, only)).map(({ peer, paths }) => (
      { sender: peer, paths }
    ));
    const sent = await newestReceived(outboxes, { ...wanted, isWanted: isSigned });
    const all = [...came.map(as("in")), ...sent.map(as("out"))].sort((a, b) => a.atMs - b.atMs);
    return {
      messages: await showMessages(context, all.slice(-limit)),
      more: all.length > limit,
    };
  },
} satisfies Operation<typeof ThreadInput, typeof ThreadOutput>;

const as = (direction: FoundMessage["direction"]) => ({ sender, event, atMs }: Received) => ({
  direction,
  peer: sender,
  event,
  atMs,
});
