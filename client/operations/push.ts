/** Posts what is queued, once. See docs/protocol/cli.md §5.4. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { ClientContext } from "../context.ts";
import type { Operation } from "../operation.ts";
import { peerKey } from "../peer_view.ts";
import { pushedByDaemon } from "../sync/by_daemon.ts";
import { PushReport, pushReport } from "../sync/push_report.ts";
import { Pusher } from "../sync/pusher.ts";
import { withRoundLock } from "../sync/round_lock.ts";

const PushInput = z.object({
  /** Only this peer's outbox. */
  peer: z.string().optional(),
});

/**
 * A daemon of this home does it by itself: then it is told to do it now. What no relay took is in the
 * answer; a home that cannot be written is an error.
 * @throws {WireError} not_found, locked, unreadable, write_failed
 */
export const push = {
  input: PushInput,
  output: PushReport,
  async run(context, { peer }) {
    const only = peer === undefined ? undefined : peerKey(peer);
    const { peers } = await context.home.readRelayState();
    if (Object.keys(peers).length === 0) throw await noPeers(context);
    const identity = await context.home.readIdentity();
    const done = await pushedByDaemon(context, only);
    if (done !== undefined) return done;
    return await withRoundLock(context, "wire push", async () => {
      const pusher = new Pusher(context, identity);
      await warnOfStrangeFiles(context, pusher);
      const { items, writeFailure } = await pusher.round({ signal: NEVER }, only);
      if (writeFailure !== undefined) throw writeFailure;
      await pusher.close(Promise.resolve());
      return pushReport(items);
    });
  },
} satisfies Operation<typeof PushInput, typeof PushReport>;

/** The words of 0.5.19, also where there is no identity yet, which the hint then says. */
async function noPeers({ home }: ClientContext): Promise<WireError> {
  const hint = await home.isInitialized()
    ? "pair first: wire pair-host, or wire pair-join <code>"
    : "not initialized; run: wire init <handle> --relay <url>, then pair";
  return new WireError("not_found", "no peer slots pinned", { hint });
}

/** The command has no end but its own: each request has its deadline. */
const NEVER = new AbortController().signal;

/** Older programs queued for `bob@relay.example` in a file of that name, where nobody looks. */
async function warnOfStrangeFiles(context: ClientContext, { outbox }: Pusher): Promise<void> {
  for (const stem of await outbox.strangeFiles()) {
    const shown = visible(stem, { maxLength: 100 });
    context.warn(`outbox file ${shown}.jsonl is named after no handle; nothing in it is sent`);
  }
}
