/** Fetches, verifies and stores what has come, once. See docs/protocol/cli.md §5.4. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import type { ClientContext } from "../context.ts";
import type { Operation } from "../operation.ts";
import { Deliveries } from "../delivery/deliveries.ts";
import { pulledByDaemon } from "../sync/by_daemon.ts";
import { errorText } from "../sync/error_text.ts";
import { isOutside } from "../sync/outside_error.ts";
import { PullReport } from "../sync/pull_report.ts";
import { Puller } from "../sync/puller.ts";
import { Pusher } from "../sync/pusher.ts";
import { withRoundLock } from "../sync/round_lock.ts";
import { ownRoutes } from "../sync/routes.ts";
import { tellNow } from "../sync/tell_now.ts";

const PullInput = z.object({});

/**
 * A daemon of this home does it by itself: then it is only waited for. A mailbox that cannot be read
 * is told on stderr and passed over; a home that cannot be written is an error.
 * @throws {WireError} not_found, locked, unreadable, write_failed
 */
export const pull = {
  input: PullInput,
  output: PullReport,
  async run(context) {
    if (ownRoutes(await context.home.readRelayState()).length === 0) throw await unbound(context);
    const identity = await context.home.readIdentity();
    const done = await pulledByDaemon(context);
    if (done !== undefined) return done;
    return await withRoundLock(context, "wire pull", async () => {
      const { signal } = new AbortController();
      const deliveries = new Deliveries(context, identity);
      const puller = new Puller(context, identity, { deliveries });
      const pusher = new Pusher(context, identity, { deliveries });
      const round = await puller.round({ signal });
      try {
        await tellNow({ puller, pusher }, context.platform.clock);
      } finally {
        await deliveries.receipts.close();
      }
      for (const { route, error } of round.failures) {
        if (!isOutside(error)) throw error;
        context.warn(`pull from ${route.shownUrl}: ${errorText(error)}`);
      }
      return {
        cursor_advanced_to: round.federationCursor ?? null,
        cursor_blocked: false,
        rejected: round.rejected,
        total_seen: round.totalSeen,
        written: round.written,
      };
    });
  },
} satisfies Operation<typeof PullInput, typeof PullReport>;

/** The words of 0.5.19, also where there is no identity yet, which the hint then says. */
async function unbound({ home }: ClientContext): Promise<WireError> {
  const hint = await home.isInitialized()
    ? "get a mailbox: wire bind-relay <url>"
    : "not initialized; run: wire init <handle> --relay <url>";
  return new WireError("not_found", "self slot not bound", { hint });
}
