/**
 * Messages as they arrive. See docs/protocol/cli.md §8 and docs/protocol/identity-and-events.md §18.
 * The fields are the sender's own text: whoever shows them makes them visible first.
 */
import { z } from "zod";
import { InboxEvent } from "../../protocol/schemas/inbox_event.ts";
import { Inbox } from "../../store/mail/inbox.ts";
import type { ClientContext } from "../context.ts";
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
  if (input.replay > 0) yield* replayed(watcher, verifier, input);
  const intervalMs = Math.max(input.intervalMs, SHORTEST_INTERVAL_MS);
  const times = { directory: inbox.directory, intervalMs, once: false, signal };
  // The first look comes once changes are heard of: nothing falls between.
  for await (const _ of mailTimes(context, times)) {
    for await (const item of watcher.fresh()) {
      if (isShown(item, input)) yield inboxEvent(item, await verifier.isVerified(item.event));
    }
  }
}

/** In memory at most about twice as many as asked for. */
async function* replayed(
  watcher: InboxWatcher,
  verifier: Verifier,
  input: MonitorInput,
): AsyncGenerator<InboxEvent, void, undefined> {
  let newest: InboxEvent[] = [];
  const trim = () => {
    newest = newest.sort(byTimestamp).slice(-input.replay);
  };
  for await (const item of watcher.history()) {
    if (!isShown(item, input)) continue;
    newest.push(inboxEvent(item, await verifier.isVerified(item.event)));
    if (newest.length >= 2 * input.replay + 1_000) trim();
  }
  trim();
  yield* newest;
}

const byTimestamp = (one: InboxEvent, other: InboxEvent): number =>
  one.timestamp < other.timestamp ? -1 : one.timestamp > other.timestamp ? 1 : 0;

const isShown = ({ event }: InboxItem, { includeHandshake }: MonitorInput): boolean =>
  includeHandshake === true || !isNoise(event);
