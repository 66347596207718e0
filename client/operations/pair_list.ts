/** The pairings of this home, once or as they change. See docs/protocol/pairing.md §12. */
import { z } from "zod";
import type { ClientContext } from "../context.ts";
import type { StreamOperation } from "../operation.ts";
import { PairListing, pairListing } from "../pairing/pair_listing.ts";

const PairListInput = z.object({
  /** Go on, with one record for each that is new or has another status. */
  watch: z.boolean().optional(),
  /** Seconds, at least 1. */
  watchInterval: z.number().min(0).max(3_600).optional(),
});

const Removed = z.object({
  _synthetic: z.literal([true]),
  code: z.string(),
  status: z.literal("removed"),
});

const PairListOutput = z.union([z.array(PairListing), PairListing, Removed]);

/**
 * Yields the whole list and ends; with `watch` one record after the other, until the signal aborts.
 * Oldest first.
 */
export const pairList = {
  input: PairListInput,
  output: PairListOutput,
  async *stream(context, { watch = false, watchInterval = 1 }, signal) {
    if (watch) yield* changes(context, Math.max(1, watchInterval) * 1_000, signal);
    else yield await listings(context);
  },
} satisfies StreamOperation<typeof PairListInput, typeof PairListOutput>;

async function listings({ home, warn }: ClientContext): Promise<PairListing[]> {
  const records = await home.pendingPairs.list((problem) => warn(problem.message));
  return records.map(pairListing);
}

async function* changes(
  context: ClientContext,
  intervalMs: number,
  signal: AbortSignal,
): AsyncGenerator<PairListing | z.output<typeof Removed>, void, undefined> {
  const seen = new Map<string, string>();
  for (;;) {
    const now = await listings(context);
    for (const listing of now) {
      if (seen.get(listing.code) === listing.status) continue;
      seen.set(listing.code, listing.status);
      yield listing;
    }
    for (const code of seen.keys()) {
      if (now.some((listing) => listing.code === code)) continue;
      seen.delete(code);
      yield { _synthetic: true, code, status: "removed" };
    }
    await context.platform.clock.sleep(intervalMs, signal);
  }
}
