/** What `wire verify --gaps` says. See docs/protocol/extensions.md §7 and docs/delivery.md. */
import { z } from "zod";
import type { Hole } from "../../protocol/delivery/intervals.ts";
import { Inbox } from "../../store/mail/inbox.ts";
import { Quarantine } from "../../store/mail/quarantine.ts";
import type { ClientContext } from "../context.ts";
import { peerKey } from "../peer_view.ts";
import { gapReports, missingIn } from "./gaps.ts";

const Range = z.object({ from: z.int(), to: z.int() });

export const GapsFound = z.object({
  /** Whether nothing is missing. */
  verified: z.boolean(),
  /** Messages of all peers that are missing: a tail that never came shows nowhere. */
  missing: z.int(),
  gaps: z.array(z.object({
    peer: z.string(),
    stream: z.string(),
    missing: z.int(),
    /** RFC 3339: when the first of them was noticed; "" when only forgotten ones are missing. */
    since: z.string(),
    ranges: z.array(Range),
    /** Of these only the number is known. */
    forgotten: z.int(),
    /** More than 10,000 numbers at once: not counted. */
    large_jumps: z.array(Range),
    /** Noticed a moment ago: another mailbox may still bring them. */
    too_early: z.array(Range),
  })),
});
export type GapsFound = z.output<typeof GapsFound>;

/** @throws {WireError} usage, unreadable */
export async function findGaps(
  { home, platform: { files, clock } }: ClientContext,
  peer: string | undefined,
): Promise<GapsFound> {
  const { stateRoot } = home.paths;
  const quarantine = new Quarantine({ files, clock, stateRoot });
  const inbox = new Inbox({ files, stateRoot });
  const peers = peer === undefined ? await inbox.senders() : [peerKey(peer)];
  const gaps: GapsFound["gaps"] = [];
  for (const one of peers) {
    for (const report of await gapReports({ files, stateRoot, quarantine }, one, clock.now())) {
      const first = Math.min(...report.missing.map(({ noticedAt }) => noticedAt));
      gaps.push({
        peer: one,
        stream: report.stream,
        missing: missingIn(report),
        since: Number.isFinite(first) ? timeOf(first) : "",
        ranges: report.missing.map(rangeOf),
        forgotten: report.forgotten,
        large_jumps: report.largeJumps.map(rangeOf),
        too_early: report.early.map(rangeOf),
      });
    }
  }
  const missing = gaps.reduce((sum, found) => sum + found.missing, 0);
  return { verified: missing === 0, missing, gaps };
}

const rangeOf = ({ from, to }: Hole) => ({ from, to });

const timeOf = (ms: number): string => Temporal.Instant.fromEpochMilliseconds(ms).toString();
