/** Makes way for the service's daemon: one that was started by hand or by `wire up` ends first. */
import { WireError } from "../../protocol/errors.ts";
import { daemonSnapshot } from "../../store/home/daemon_state.ts";
import type { ClientContext } from "../context.ts";
import { isForAll, runningDaemon, stopDaemon } from "../stop_daemon.ts";
import { ALL_SESSIONS } from "../../store/home/daemon_call.ts";
import type { Unit } from "./unit.ts";

const POLL_MS = 20;
const BEGIN_DEADLINE_MS = 8_000;

export type Freed =
  | { readonly tag: "free" }
  /** It was asked to end, and did. */
  | { readonly tag: "ended"; readonly pid: number }
  | { readonly tag: "held"; readonly reason: string };

/**
 * One that serves more homes than the unit will is left alone.
 * @param own the pid of the service's process, which restarts by itself
 */
export async function freeHome(
  { home, platform: { processes } }: ClientContext,
  { command }: Unit,
  own: number | undefined,
): Promise<Freed> {
  const { running, pid, foreign } = await daemonSnapshot(home);
  if (!running || pid === null || pid === own) return { tag: "free" };
  if (foreign !== undefined) {
    return { tag: "held", reason: `process ${foreign.pid} of another program serves this home` };
  }
  const ours = await runningDaemon(home);
  const servesAll = ours !== undefined && await isForAll(processes, ours);
  if (servesAll && !command.includes(ALL_SESSIONS)) {
    return { tag: "held", reason: `process ${pid} serves all sessions, this home too` };
  }
  try {
    const ended = await stopDaemon(home);
    return ended === undefined ? { tag: "free" } : { tag: "ended", pid: ended };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { tag: "held", reason: error.message };
  }
}

/** @returns whether a daemon has come to hold the home's lock in time */
export async function isServedSoon({ home, platform: { clock } }: ClientContext): Promise<boolean> {
  const giveUpAt = clock.monotonic() + BEGIN_DEADLINE_MS;
  for (;;) {
    if ((await daemonSnapshot(home)).running) return true;
    if (clock.monotonic() > giveUpAt) return false;
    await clock.sleep(POLL_MS);
  }
}
