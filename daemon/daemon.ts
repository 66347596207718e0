/**
 * Keeps a home, or all homes of this machine's user, in step with their mailboxes: sends, receives,
 * pairs, until it is told to stop. See docs/protocol/cli.md §5.6 and
 * docs/protocol/identity-and-events.md §15.
 */
import { z } from "zod";
import type { StreamOperation } from "../client/operation.ts";
import { markOf } from "../store/home/daemon_call.ts";
import { AllHomes } from "./all_homes.ts";
import type { Pairing } from "./cycle.ts";
import { CycleReport } from "./cycle_report.ts";
import { serveHome, type Service } from "./home_service.ts";
import { Reports } from "./reports.ts";

const DaemonInput = z.object({
  /** Seconds between full cycles; below 1 counts as 1. */
  interval: z.int().default(5),
  /** One cycle, and the end. */
  once: z.boolean().optional(),
  /** This home, and every session of this machine's user. */
  allSessions: z.boolean().optional(),
});

/** The operation over any pairing, so that tests bring their own. */
export function daemonWith(
  pairing: Pairing,
): StreamOperation<typeof DaemonInput, typeof CycleReport> {
  return {
    input: DaemonInput,
    output: CycleReport,
    async *stream(context, { interval, once = false, allSessions = false }, signal) {
      const reports = new Reports();
      const stop = new AbortController();
      const service: Service = {
        pairing,
        intervalMs: Math.max(interval, 1) * 1_000,
        once,
        isNamed: true,
        calledIn: allSessions ? markOf(context.home) : undefined,
        signal: AbortSignal.any([signal, stop.signal]),
        report: (report) => reports.put(report),
      };
      const serving = allSessions
        ? new AllHomes(context, service).serve()
        : serveHome(context, service);
      const served = serving.catch((error) => {
        if (!signal.aborted || error !== signal.reason) throw error;
      });
      served.then(() => reports.end({}), (error) => reports.end({ error }));
      try {
        yield* reports.all();
      } finally {
        stop.abort();
        await served; // a reader that left is told of a bad end, too
      }
    },
  };
}
