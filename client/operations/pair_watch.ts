/** Waits until a pairing reaches a status. See docs/protocol/cli.md §6.3. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { instantMs } from "../../protocol/text/instant.ts";
import { isSelf } from "../../protocol/trust/trust.ts";
import type { ClientContext } from "../context.ts";
import type { StreamOperation } from "../operation.ts";
import { findPair } from "../pairing/find_pair.ts";
import { PairForm, PairListing } from "../pairing/pair_listing.ts";

const POLL_MS = 250;

/** Unless another status is asked for. */
export const DIGITS_SHOWN = "sas_ready";

const PairWatchInput = z.object({
  code: z.string(),
  status: z.string().optional(),
  /** Seconds. */
  timeout: z.number().min(0).max(86_400).optional(),
});

const PairWatchOutput = z.union([
  PairListing,
  /** The peer is pinned and the record gone. */
  z.object({ code: z.string(), state: z.literal("finalized"), form: PairForm }),
  z.object({ code: z.string(), error: z.literal("no such pair") }),
]);

/**
 * Yields the record at each change of status, and ends when the wanted one is reached or the peer is
 * pinned. The last item before an error says the same as the error.
 * @throws {WireError} pairing_failed when it is aborted; not_found; timed_out, for which 0.5.19 exits 2
 */
export const pairWatch = {
  input: PairWatchInput,
  output: PairWatchOutput,
  async *stream(context, { code, status = DIGITS_SHOWN, timeout = 300 }, signal) {
    const { clock } = context.platform;
    const start = clock.monotonic();
    let last: PairListing | undefined;
    for (;;) {
      const now = (await findPair(context, code))?.listing;
      if (now?.status === "finalized" || (now === undefined && await wasPinned(context, last))) {
        yield { code, state: "finalized", form: now?.form ?? "0.5.19" };
        return;
      }
      if (now === undefined) {
        yield { code, error: "no such pair" };
        throw new WireError("not_found", `no such pair: ${code}`);
      }
      if (now.status !== last?.status) yield now;
      last = now;
      if (now.status === status) return;
      if (now.status.startsWith("aborted")) throw aborted(now);
      if (clock.monotonic() - start >= timeout * 1_000) {
        const problem = `timeout after ${timeout}s waiting for pair ${code} to reach ${status}`;
        throw new WireError("timed_out", `${problem} (current: ${now.status})`);
      }
      await clock.sleep(POLL_MS, signal);
    }
  },
} satisfies StreamOperation<typeof PairWatchInput, typeof PairWatchOutput>;

const aborted = ({ code, status, last_error }: PairListing): WireError =>
  new WireError("pairing_failed", `pair ${code} ${status}: ${last_error ?? "(no detail)"}`);

/**
 * Whether that pairing pinned somebody: a record may also be gone because 0.5.19 cancelled it. The
 * peer's name is only in the record for a moment, so else the time of the pin decides.
 */
async function wasPinned(
  { home }: ClientContext,
  last: PairListing | undefined,
): Promise<boolean> {
  if (last === undefined) return false;
  const begun = instantMs(last.created_at) ?? Infinity;
  for (const agent of (await home.readTrust()).agents.values()) {
    if (isSelf(agent)) continue;
    if (last.peer_did !== null && agent.did === last.peer_did) return true;
    const { pinned_at } = agent.value;
    const pinnedAt = instantMs(typeof pinned_at === "string" ? pinned_at : undefined);
    if (last.peer_did === null && pinnedAt !== undefined && pinnedAt >= begun) return true;
  }
  return false;
}
