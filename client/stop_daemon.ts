/**
 * Ends the daemon of one home: the process that holds its daemon.lock, and no other. Never by a name
 * in a list of processes (lesson 39).
 */
import type { Processes } from "../platform/processes.ts";
import { WireError } from "../protocol/errors.ts";
import { ALL_SESSIONS, daemonCall } from "../store/home/daemon_call.ts";
import { DAEMON_OWNER } from "../store/home/daemon_state.ts";
import type { Home } from "../store/home/home.ts";

const POLL_MS = 20;
/** It ends within 3 s of the signal; what is left is for a machine that is busy. */
const POLITE_MS = 6_000;
const KILLED_MS = 2_000;

export interface RunningDaemon {
  readonly pid: number;
  /** As the lock has it. */
  readonly holder: string;
}

/** @returns ours, by its lock; undefined when there is none @throws {WireError} unreadable */
export async function runningDaemon(home: Home): Promise<RunningDaemon | undefined> {
  const holder = await home.platform.files.lockHolder(home.file.daemonLock);
  if (holder?.startsWith(DAEMON_OWNER) !== true) return undefined;
  const pid = Number(holder.match(/\(pid (\d{1,10})\)/)?.[1] ?? NaN);
  return Number.isNaN(pid) ? undefined : { pid, holder };
}

/** Whether it serves every session: by its own word, else by its command line where the system tells. */
export async function isForAll(
  processes: Pick<Processes, "commandLine">,
  { pid, holder }: RunningDaemon,
): Promise<boolean> {
  const call = daemonCall(holder);
  if (call !== undefined) return call.calledIn !== undefined;
  return (await processes.commandLine(pid))?.includes(ALL_SESSIONS) === true;
}

/**
 * Safe to repeat. Does nothing to a process that does not look like a daemon, whatever the lock says.
 * @returns the pid that has ended, or undefined when no daemon ran
 * @throws {WireError} refused, when the process is not ours to end; timed_out; unreadable
 */
export async function stopDaemon(home: Home): Promise<number | undefined> {
  const found = await runningDaemon(home);
  if (found === undefined) return undefined;
  const { processes } = home.platform;
  const { pid } = found;
  if (pid === processes.pid) throw notOurs(found, "that is this process");
  const line = await processes.commandLine(pid);
  if (line !== undefined && !line.includes("daemon")) throw notOurs(found, "it is another program");
  await processes.signal(pid, "SIGTERM");
  if (await isGone(home, found, POLITE_MS)) return pid;
  await processes.signal(pid, "SIGKILL");
  if (await isGone(home, found, KILLED_MS)) return pid;
  throw new WireError("timed_out", `Cannot stop ${found.holder}: it still holds daemon.lock`, {
    hint: `look at it: ps -p ${pid}`,
  });
}

/** Free, or taken by another one, which a supervisor may have started. */
async function isGone(home: Home, { holder }: RunningDaemon, ms: number): Promise<boolean> {
  const { clock, files } = home.platform;
  const giveUpAt = clock.monotonic() + ms;
  for (;;) {
    if (await files.lockHolder(home.file.daemonLock) !== holder) return true;
    if (clock.monotonic() >= giveUpAt) return false;
    await clock.sleep(POLL_MS);
  }
}

const notOurs = ({ holder }: RunningDaemon, why: string): WireError =>
  new WireError("refused", `Cannot stop ${holder}: ${why}`, {
    hint: "another machine or container may share this home: stop the daemon there",
  });
