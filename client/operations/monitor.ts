/**
 * Messages as they arrive. See docs/protocol/cli.md §8 and docs/protocol/identity-and-events.md §18.
 * The fields are the sender's own text: whoever shows them makes them visible first.
 */
import { z } from "zod";
import type { Handle } from "../../protocol/ids.ts";
import { stringMember } from "../../protocol/json/value.ts";
import { InboxEvent } from "../../protocol/schemas/inbox_event.ts";
import { Inbox } from "../../store/mail/inbox.ts";
import { receivedFiles } from "../../store/mail/received_files.ts";
import type { ClientContext } from "../context.ts";
import type { Received } from "../history/inbox_order.ts";
import { newestOfHistory } from "../history/received_history.ts";
import type { StreamOperation } from "../operation.ts";
import { peerKey } from "../peer_view.ts";
import { errorText } from "../sync/error_text.ts";
import { inboxEvent } from "../sync/inbox_event.ts";
import { type InboxItem, InboxWatcher } from "../sync/inbox_watcher.ts";
import { Verifier } from "../sync/verifier.ts";
import { mailTimes } from "../watch/mail_times.ts";
import { isNoise } from "../watch/noise.ts";

const MonitorInput = z.object({
  peer: z.string().optional(),
  /** Also what programs say to each other: pair drops, receipts, heartbeats. */
  includeHandshake: z.boolean().optional(),
  /** How often to look where the system does not tell; at least 50. */
  intervalMs: z.int().default(500),
  /** First the last N of what is there, ordered by their timestamps. */
  replay: z.int().nonnegative().default(0),
});
type MonitorInput = z.output<typeof MonitorInput>;

/** The last item when an error ends the stream, with its reason: nobody must think it goes on. */
const MonitorStopped = z.object({ stopped: z.string() });
const MonitorOutput = z.union([InboxEvent, MonitorStopped]);

const SHORTEST_INTERVAL_MS = 50;

export const monitor = {
  input: MonitorInput,
  output: MonitorOutput,
  async *stream(context, input, signal) {
    try {
      yield* watched(context, input, signal);
    } catch (error) {
      if (signal.aborted) return;
      yield { stopped: errorText(error) };
      throw error;
    }
  },
} satisfies StreamOperation<typeof MonitorInput, typeof MonitorOutput>;

async function* watched(
  context: ClientContext,
  input: MonitorInput,
  signal: AbortSignal,
): AsyncGenerator<InboxEvent, void, undefined> {
  const { home, platform: { files } } = context;
  const inbox = new Inbox({ files, stateRoot: home.paths.stateRoot });
  const peer = input.peer === undefined ? undefined : peerKey(input.peer);
  const watcher = new InboxWatcher(files, inbox, peer);
  const verifier = new Verifier(home);
  if (await files.stat(inbox.directory) === undefined) {
    context.warn("no inbox yet; waiting for the first message");
  }
  await watcher.skipToEnd();
  const replayed = new Set<string>();
  for (const { sender, event } of input.replay > 0 ? await newest(context, peer, input) : []) {
    replayed.add(event.id);
    yield inboxEvent({ peer: sender, event }, await verifier.isVerified(event));
  }
  const intervalMs = Math.max(input.intervalMs, SHORTEST_INTERVAL_MS);
  const times = { directory: inbox.directory, intervalMs, once: false, signal };
  // The first look comes once changes are heard of: nothing falls between.
  for await (const _ of mailTimes(context, times)) {
    for await (const item of watcher.fresh()) {
      // It came between the two looks.
      if (replayed.delete(item.event.id)) continue;
      if (isShown(item, input)) yield inboxEvent(item, await verifier.isVerified(item.event));
    }
  }
}

/** Read from the ends of the files: what that costs does not grow with what was received before. */
async function newest(
  { home: { paths: { stateRoot } }, platform: { files, clock } }: ClientContext,
  peer: Handle | undefined,
  input: MonitorInput,
): Promise<Received[]> {
  const found = await newestOfHistory(await receivedFiles({ files, stateRoot }, peer), {
    files,
    nowMs: clock.now(),
    limit: input.replay,
    isWanted: ({ sender, event }) => isShown({ peer: sender, event }, input),
  });
  return found.sort(byTimestamp);
}

const claimed = ({ event: { value } }: Received): string => stringMember(value, "timestamp") ?? "";
const byTimestamp = (one: Received, other: Received): number =>
  claimed(one) < claimed(other) ? -1 : claimed(one) > claimed(other) ? 1 : 0;

const isShown = ({ event }: InboxItem, { includeHandshake }: MonitorInput): boolean =>
  includeHandshake === true || !isNoise(event);
