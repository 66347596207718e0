/** One line of `wire daemon --json`. See docs/protocol/cli.md §5.6. */
import { z } from "zod";
import { errorText } from "../client/sync/error_text.ts";
import { DaemonPullReport } from "../client/sync/pull_report.ts";
import type { PullRound } from "../client/sync/puller.ts";
import { DaemonPushReport, daemonPushReport, type PushItem } from "../client/sync/push_report.ts";

export const PairTransition = z.object({
  code: z.string(),
  from: z.string(),
  peer_did: z.string().nullable(),
  sas: z.string().nullable(),
  to: z.string(),
});
export type PairTransition = z.infer<typeof PairTransition>;

export const CycleReport = z.object({
  pairs: z.object({
    transitions: z.array(PairTransition),
    /** When the step as a whole failed. */
    error: z.string().optional(),
  }),
  pull: DaemonPullReport,
  push: DaemonPushReport,
  ts: z.string(),
  /** Whose it is, where one daemon serves all sessions; left out for the home itself. */
  session: z.string().optional(),
});
export type CycleReport = z.infer<typeof CycleReport>;

/** A step that was not due. */
export const NO_PUSH: DaemonPushReport = { pushed: [], skipped: [] };
export const NO_PULL: DaemonPullReport = { rejected: [], total_seen: 0, written: [] };
export const NO_PAIRS: CycleReport["pairs"] = { transitions: [] };

export const pushPart = (items: readonly PushItem[]): DaemonPushReport => daemonPushReport(items);

export function pullPart(round: PullRound): DaemonPullReport {
  const { written, rejected, totalSeen: total_seen, routes, failures } = round;
  const error = failures.map(({ route, error }) => `${route.shownUrl}: ${errorText(error)}`);
  return {
    ...(routes.length === 0
      ? {}
      : { cursor_advanced_to: round.federationCursor ?? null, cursor_blocked: false }),
    ...(error.length === 0 ? {} : { error: error.join("; ") }),
    rejected,
    total_seen,
    written,
  };
}

/** Whether anything happened that somebody may want to read. */
export function hasNews({ pairs, pull, push }: CycleReport): boolean {
  const count = pairs.transitions.length + push.pushed.length + push.skipped.length +
    pull.written.length + pull.rejected.length;
  return count > 0 || pull.error !== undefined || pairs.error !== undefined;
}
