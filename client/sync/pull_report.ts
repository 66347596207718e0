/**
 * What a pull did, in the shape of 0.5.19. Its cursor is never blocked here: what is not accepted
 * goes to the quarantine, and `transient` says whether it may still be accepted.
 * See docs/protocol/cli.md §3.2 and docs/protocol/identity-and-events.md §13.2.
 */
import { z } from "zod";
import { isHandle } from "../../protocol/ids.ts";

export const Rejected = z.object({
  blocks_cursor: z.boolean(),
  event_id: z.string(),
  reason: z.string(),
  /** Only for a schema mismatch: what the event declared. */
  schema_version: z.string().optional(),
  transient: z.boolean(),
});
export type Rejected = z.infer<typeof Rejected>;

export const Written = z.object({
  event_id: z.string(),
  from: z.string().refine(isHandle, "expected a handle"),
});
export type Written = z.infer<typeof Written>;

export const PullReport = z.object({
  /** The federation cursor as it is now, also when nothing moved. */
  cursor_advanced_to: z.string().nullable(),
  cursor_blocked: z.boolean(),
  rejected: z.array(Rejected),
  total_seen: z.int(),
  written: z.array(Written),
});
export type PullReport = z.infer<typeof PullReport>;

/** The daemon's copy: without cursors when no mailbox is bound; with `error` when something failed. */
export const DaemonPullReport = PullReport.partial({
  cursor_advanced_to: true,
  cursor_blocked: true,
}).extend({ error: z.string().optional() });
export type DaemonPullReport = z.infer<typeof DaemonPullReport>;

/** What several pages came to. */
export interface PullTally {
  readonly written: Written[];
  readonly rejected: Rejected[];
  totalSeen: number;
}

export const emptyTally = (): PullTally => ({ written: [], rejected: [], totalSeen: 0 });
