/**
 * Desktop notifications for new messages, one notifier for all homes of a user; or the messages
 * themselves, of this home alone. See docs/protocol/cli.md §8 and docs/lessons.md, 38.
 */
import { z } from "zod";
import { InboxEvent } from "../../protocol/schemas/inbox_event.ts";
import { Inbox } from "../../store/mail/inbox.ts";
import type { ClientContext } from "../context.ts";
import { CoveredHomes } from "../notify/covered_homes.ts";
import { Toasts } from "../notify/toasts.ts";
import type { StreamOperation } from "../operation.ts";
import { peerKey } from "../peer_view.ts";
import { mailTimes } from "../watch/mail_times.ts";

const NotifyInput = z.object({
  peer: z.string().optional(),
  includeHandshake: z.boolean().optional(),
  /** Seconds between looks; what comes within one is shown together. */
  interval: z.int().min(1).default(2),
  once: z.boolean().optional(),
  /** Yields this home's messages, in place of notifications for all homes. */
  print: z.boolean().optional(),
});
type NotifyInput = z.output<typeof NotifyInput>;

/**
 * Shown again after a crash rather than never: the places are saved after what was shown.
 * @throws {WireError} locked, naming the one that runs; unreadable; write_failed
 */
export const notify = {
  input: NotifyInput,
  output: InboxEvent,
  async *stream(context, input, signal) {
    const { home: { paths: { stateRoot } }, platform: { files } } = context;
    const once = input.once === true;
    const isAlone = input.print === true;
    await using homes = await CoveredHomes.open(context, {
      isAlone,
      once,
      only: input.peer === undefined ? undefined : peerKey(input.peer),
      includeHandshake: input.includeHandshake === true,
    });
    const intervalMs = input.interval * 1_000;
    const { directory } = new Inbox({ files, stateRoot });
    for await (const _ of mailTimes(context, { directory, intervalMs, once, signal })) {
      if (isAlone) yield* printed(homes);
      else await show(context, homes);
      // Changes come in showers: one notification each would be one too many.
      if (!once) await pause(context, intervalMs, signal);
    }
  },
} satisfies StreamOperation<typeof NotifyInput, typeof InboxEvent>;

async function* printed(homes: CoveredHomes): AsyncGenerator<InboxEvent, void, undefined> {
  for (const home of await homes.look()) {
    yield* home.news();
    await home.save();
  }
  homes.throwFailure();
}

async function show({ platform: { notifier } }: ClientContext, homes: CoveredHomes): Promise<void> {
  const toasts = new Toasts();
  await homes.look();
  await homes.each("read", async (home) => {
    for await (const event of home.news()) toasts.add(event, home.session);
  });
  const toast = toasts.take();
  if (toast !== undefined) await notifier.notify(toast.title, toast.body);
  await homes.each("save", (home) => home.save());
  homes.throwFailure();
}

async function pause({ platform }: ClientContext, ms: number, signal: AbortSignal): Promise<void> {
  await platform.clock.sleep(ms, signal).catch(() => undefined); // the loop looks at the signal
}
