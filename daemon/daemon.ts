/**
 * Keeps a home in step with its mailbox: sends, receives, pairs, until it is told to stop.
 * See docs/protocol/cli.md §5.6 and docs/protocol/identity-and-events.md §15.
 */
import { z } from "zod";
import type { ClientContext } from "../client/context.ts";
import type { StreamOperation } from "../client/operation.ts";
import { sweepTemporaries } from "../store/home/sweep.ts";
import { Cycles, type Pairing } from "./cycle.ts";
import { CycleReport } from "./cycle_report.ts";
import { ALL, Loop } from "./loop.ts";
import { beginTenure } from "./tenure.ts";
import { Wakes } from "./wakes.ts";

const DaemonInput = z.object({
  /** Seconds between full cycles; below 1 counts as 1. */
  interval: z.int().default(5),
  /** One cycle, and the end. */
  once: z.boolean().optional(),
});

/** From the signal to the end, whatever relays do: a third is left for the process to exit. */
const CLOSE_DEADLINE_MS = 3_000;

/** The operation over any pairing, so that tests bring their own. */
export function daemonWith(
  pairing: Pairing,
): StreamOperation<typeof DaemonInput, typeof CycleReport> {
  return {
    input: DaemonInput,
    output: CycleReport,
    async *stream(context, { interval, once = false }, signal) {
      const identity = await context.home.readIdentity();
      const tenure = await beginTenure(context.home, identity, { once });
      const wakes = new Wakes();
      const cycles = new Cycles(context, identity, { pairing, wakes });
      try {
        await told(context, "left-over files", () => sweepTemporaries(context.home));
        await told(context, "pairing", () => pairing.recover(context));
        if (once) yield await cycles.run(ALL, { signal });
        else {yield* served(context, cycles, {
            intervalMs: Math.max(interval, 1) * 1_000,
            signal,
            wakes,
          });}
      } finally {
        await closeInTime(context, cycles);
        await tenure.end();
      }
    },
  };
}

interface Service {
  readonly intervalMs: number;
  readonly wakes: Wakes;
  readonly signal: AbortSignal;
}

async function* served(
  context: ClientContext,
  cycles: Cycles,
  { intervalMs, signal, wakes }: Service,
): AsyncGenerator<CycleReport, void, undefined> {
  const stop = new AbortController();
  const loop = new Loop(context, cycles, {
    intervalMs,
    wakes,
    signal: AbortSignal.any([signal, stop.signal]),
  });
  try {
    yield* loop.run();
  } finally {
    stop.abort(); // also when the reader went away, or the loop failed
    await loop.close();
  }
}

/** What cannot be put right at the start is told; mail flows all the same. */
async function told(
  context: ClientContext,
  what: string,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    context.warn(`daemon: ${what} error: ${text}`);
  }
}

async function closeInTime(context: ClientContext, cycles: Cycles): Promise<void> {
  const over = new AbortController();
  const late = context.platform.clock.sleep(CLOSE_DEADLINE_MS, over.signal)
    .catch(() => undefined); // ended by us
  try {
    await cycles.close(late);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    context.warn(`daemon: closing: ${text}`); // only positions: the next start reads more
  } finally {
    over.abort();
  }
}
