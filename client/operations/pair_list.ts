/** The pairings of this home, once or as they change. See docs/protocol/pairing.md §12. */
import { z } from "zod";
import type { WireError } from "../../protocol/errors.ts";
import { compareCodePoints } from "../../protocol/json/print.ts";
import { visible } from "../../protocol/text/visible.ts";
import { PendingInbound } from "../../store/home/pending_inbound.ts";
import type { ClientContext } from "../context.ts";
import type { StreamOperation } from "../operation.ts";
import { pairListing2 } from "../pair2/listing.ts";
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
    if (watch) return yield* changes(context, Math.max(1, watchInterval) * 1_000, signal);
    await tellOfRequests(context);
    yield (await listings(context)).map(({ listing }) => listing);
  },
} satisfies StreamOperation<typeof PairListInput, typeof PairListOutput>;

/** Requests are no pairings of codes, and are listed by themselves; nobody should miss them here. */
async function tellOfRequests({ home, warn }: ClientContext): Promise<void> {
  const requests = await new PendingInbound(home).list((problem) => warn(problem.message));
  for (const { peer_handle } of requests) {
    const name = visible(peer_handle, { maxLength: 64 });
    warn(`${name} asks to be paired: wire pair-accept ${name}, or wire pair-reject ${name}`);
  }
}

interface Listed {
  /** Stays the same when a code loses its words. */
  readonly key: string;
  readonly listing: PairListing;
}

/** Of both forms; a pairing that is finished is in `peers`. */
async function listings({ home, warn }: ClientContext): Promise<Listed[]> {
  const onProblem = (problem: WireError): void => warn(problem.message);
  const old = (await home.pendingPairs.list(onProblem)).map((record) => ({
    key: record.code,
    listing: pairListing(record),
  }));
  const live = (await home.pair2.list(onProblem)).filter(({ state }) => state.tag !== "verified");
  const relayState = await home.readRelayState();
  const ours = live.map(({ id, state }) => ({
    key: id,
    listing: pairListing2(state, relayState),
  }));
  const createdAt = ({ listing }: Listed): string => listing.created_at;
  return [...old, ...ours].sort((a, b) => compareCodePoints(createdAt(a), createdAt(b)));
}

async function* changes(
  context: ClientContext,
  intervalMs: number,
  signal: AbortSignal,
): AsyncGenerator<PairListing | z.output<typeof Removed>, void, undefined> {
  const seen = new Map<string, { readonly code: string; readonly status: string }>();
  for (;;) {
    const now = await listings(context);
    for (const { key, listing } of now) {
      if (seen.get(key)?.status === listing.status) continue;
      seen.set(key, listing);
      yield listing;
    }
    for (const [key, { code }] of seen) {
      if (now.some((listed) => listed.key === key)) continue;
      seen.delete(key);
      yield { _synthetic: true, code, status: "removed" };
    }
    await context.platform.clock.sleep(intervalMs, signal);
  }
}
