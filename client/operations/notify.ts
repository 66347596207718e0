/**
 * Desktop notifications for new messages, or the messages themselves. One at a time on a home: the
 * place that it reached is one for all. See docs/protocol/cli.md §8.
 */
import path from "node:path";
import { z } from "zod";
import { InboxEvent } from "../../protocol/schemas/inbox_event.ts";
import { Inbox } from "../../store/mail/inbox.ts";
import type { ClientContext } from "../context.ts";
import { Toasts } from "../notify/toasts.ts";
import type { StreamOperation } from "../operation.ts";
import { peerKey } from "../peer_view.ts";
import { inboxEvent } from "../sync/inbox_event.ts";
import { InboxWatcher } from "../sync/inbox_watcher.ts";
import { Verifier } from "../sync/verifier.ts";
import { mailTimes } from "../watch/mail_times.ts";
import { isNoise } from "../watch/noise.ts";
import { ReaderPosition } from "../watch/reader_position.ts";

const NotifyInput = z.object({
  peer: z.string().optional(),
  includeHandshake: z.boolean().optional(),
  /** Seconds between looks; what comes within one is shown together. */
  interval: z.int().min(1).default(2),
  once: z.boolean().optional(),
  /** Yields the messages, in place of notifications. */
  print: z.boolean().optional(),
});
type NotifyInput = z.output<typeof NotifyInput>;

/**
 * Shown again after a crash rather than never: the place is saved after what was shown.
 * @throws {WireError} locked, naming the one that runs; unreadable; write_failed
 */
export const notify = {
  input: NotifyInput,
  output: InboxEvent,
  async *stream(context, input, signal) {
    const { home, platform: { files } } = context;
    await using _lock = await files.lock(await lockPath(context), {
      owner: "wire notify",
      deadlineMs: 0,
    });
    const inbox = new Inbox({ files, stateRoot: home.paths.stateRoot });
    const position = new ReaderPosition(files, home.paths.stateRoot, "notify");
    const only = input.peer === undefined ? undefined : peerKey(input.peer);
    const watcher = new InboxWatcher(files, inbox, only);
    watcher.resume(await position.load());
    const verifier = new Verifier(home);
    const { interval } = input;
    const once = input.once === true;
    const times = { directory: inbox.directory, intervalMs: interval * 1_000, once, signal };
    for await (const _ of mailTimes(context, times)) {
      if (yield* sweep(context, watcher, { verifier, input })) await position.save(watcher.ends());
      // Changes come in showers: one notification each would be one too many.
      if (!once) await pause(context, interval * 1_000, signal);
    }
  },
} satisfies StreamOperation<typeof NotifyInput, typeof InboxEvent>;

interface Sweep {
  readonly verifier: Verifier;
  readonly input: NotifyInput;
}

/** @returns whether there was anything */
async function* sweep(
  { platform: { notifier } }: ClientContext,
  watcher: InboxWatcher,
  { verifier, input }: Sweep,
): AsyncGenerator<InboxEvent, boolean, undefined> {
  const toasts = new Toasts();
  let hasNews = false;
  for await (const item of watcher.fresh()) {
    hasNews = true;
    if (input.includeHandshake !== true && isNoise(item.event)) continue;
    const event = inboxEvent(item, await verifier.isVerified(item.event));
    if (input.print === true) yield event;
    else toasts.add(event);
  }
  for (const { title, body } of toasts.take()) await notifier.notify(title, body);
  return hasNews;
}

async function pause({ platform }: ClientContext, ms: number, signal: AbortSignal): Promise<void> {
  await platform.clock.sleep(ms, signal).catch(() => undefined); // the loop looks at the signal
}

async function lockPath({ home }: ClientContext): Promise<string> {
  await home.ensureRoots();
  return path.join(home.paths.stateRoot, "notify.lock");
}
