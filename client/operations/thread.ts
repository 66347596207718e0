/** One thread as a conversation: what came and what was sent, archived or not. See docs/protocol/extensions.md §7. */
import { z } from "zod";
import { isThread, threadOf } from "../../protocol/delivery/thread.ts";
import type { Handle } from "../../protocol/ids.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import { archivedOutboxes } from "../../store/mail/outbox_archive.ts";
import { receivedFiles } from "../../store/mail/received_files.ts";
import type { ClientContext } from "../context.ts";
import type { FoundMessage } from "../history/find_message.ts";
import type { InboxFile, Received } from "../history/inbox_order.ts";
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
    const wanted = {
      files,
      nowMs: clock.now(),
      limit: limit + 1,
      mayBe: (text: string) => text.includes(thread),
      isWanted: ({ event }: Received) => threadOf(event.value) === thread && !isNoise(event),
    };
    const came = await newestOfHistory(await receivedFiles({ files, stateRoot }, only), wanted);
    const sent = await newestReceived(await outboxes(context, only), wanted);
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

/** In the same form: `sender` is to whom it was sent. */
async function outboxes(
  { home: { paths: { stateRoot } }, platform: { files } }: ClientContext,
  only: Handle | undefined,
): Promise<InboxFile[]> {
  const deps = { files, stateRoot };
  const outbox = new Outbox(deps);
  const archived = Map.groupBy(await archivedOutboxes(deps), ({ peer }) => peer);
  const peers = only === undefined ? await outbox.peers() : [only];
  return peers.map((peer) => ({
    sender: peer,
    paths: [...(archived.get(peer) ?? []).map(({ path }) => path), outbox.path(peer)],
  }));
}
