/**
 * What one round of posting did, message by message, in the two shapes that 0.5.19 prints.
 * Only what happened in this round: a message delivered before is not named again.
 * See docs/protocol/cli.md §3.2.
 */
import { z } from "zod";
import type { Route } from "./routes.ts";

export type PushItem =
  | {
    readonly tag: "pushed" | "duplicate";
    readonly peer: string;
    readonly eventId: string;
    readonly route: Route;
  }
  | {
    readonly tag: "skipped";
    readonly peer: string;
    /** "" when it is about no message, but about the whole outbox or a line of it. */
    readonly eventId: string;
    readonly reason: string;
  };

export const Scope = z.enum(["federation", "local", "uds"]);

/** `wire push`. */
export const PushReport = z.object({
  pushed: z.array(
    z.object({ endpoint: z.string(), event_id: z.string(), peer: z.string(), scope: Scope }),
  ),
  skipped: z.array(z.object({
    endpoint: z.string().optional(),
    event_id: z.string(),
    peer: z.string(),
    reason: z.string(),
    scope: Scope.optional(),
  })),
});
export type PushReport = z.infer<typeof PushReport>;

/** The daemon's copy: no endpoint, no scope; `error` alone when the whole step failed. */
export const DaemonPushReport = z.object({
  pushed: z.array(z.object({ event_id: z.string(), peer: z.string() })),
  skipped: z.array(z.union([
    z.object({ event_id: z.string(), peer: z.string(), reason: z.string() }),
    z.object({ error: z.string() }),
  ])),
});
export type DaemonPushReport = z.infer<typeof DaemonPushReport>;

export function pushReport(items: readonly PushItem[]): PushReport {
  const report: PushReport = { pushed: [], skipped: [] };
  for (const item of items) {
    const { peer, eventId: event_id } = item;
    if (item.tag === "skipped") {
      report.skipped.push({ event_id, peer, reason: item.reason });
      continue;
    }
    const place = { endpoint: item.route.shownUrl, event_id, peer, scope: item.route.scope };
    if (item.tag === "pushed") report.pushed.push(place);
    else report.skipped.push({ ...place, reason: "duplicate" });
  }
  return report;
}

export function daemonPushReport(items: readonly PushItem[]): DaemonPushReport {
  const { pushed, skipped } = pushReport(items);
  return {
    pushed: pushed.map(({ event_id, peer }) => ({ event_id, peer })),
    skipped: skipped.map(({ event_id, peer, reason }) => ({ event_id, peer, reason })),
  };
}
