/**
 * Whether a daemon serves this home: the one answer that every command shows (never a scan of the
 * machine's processes). See docs/protocol/identity-and-events.md §17 and §24.
 */
import type { PidFile } from "../../protocol/schemas/pid_record.ts";
import { VERSION } from "../../protocol/version.ts";
import type { Home } from "./home.ts";
import { readDaemonPid } from "./pid_record.ts";

/** What our daemon calls itself as the owner of daemon.lock; a command's round has another name. */
export const DAEMON_OWNER = "wire daemon";

export interface DaemonSnapshot {
  /** Ours, which holds the lock for its life, or a foreign one. */
  readonly running: boolean;
  /** Of the running daemon; else as the pid file says; null when it says nothing. */
  readonly pid: number | null;
  /** A live daemon of another program on this home, also beside ours. */
  readonly foreign: ForeignDaemon | undefined;
  /** Who holds daemon.lock now, in words: a daemon, or a command for one round. */
  readonly lockHolder: string | undefined;
  readonly pidFile: PidFile;
}

/** A daemon of another program (0.5.19) that works on this home and knows nothing of our lock. */
export interface ForeignDaemon {
  readonly pid: number;
  /** What its record says of itself; undefined for the form before 0.5.11. */
  readonly version: string | undefined;
}

export async function daemonSnapshot(home: Home): Promise<DaemonSnapshot> {
  const pidFile = await readDaemonPid(home);
  const lockHolder = await home.platform.files.lockHolder(home.file.daemonLock);
  const foreign = await foreignIn(home, pidFile, lockHolder);
  const ours = lockHolder?.startsWith(DAEMON_OWNER) === true;
  return {
    running: ours || foreign !== undefined,
    pid: (ours ? pidIn(lockHolder) : undefined) ?? pidOf(pidFile) ?? null,
    foreign,
    lockHolder,
    pidFile,
  };
}

/**
 * @returns the daemon that daemon.pid names, if it is alive and not ours. Two writers on one home
 * lose mail, so whoever would be the second must refuse.
 */
export async function liveForeignDaemon(home: Home): Promise<ForeignDaemon | undefined> {
  return (await daemonSnapshot(home)).foreign;
}

/** Ours holds daemon.lock as long as it lives: a live one that does not is somebody else's. */
async function foreignIn(
  { platform: { processes } }: Home,
  pidFile: PidFile,
  lockHolder: string | undefined,
): Promise<ForeignDaemon | undefined> {
  const pid = pidOf(pidFile);
  const version = pidFile.tag === "record" ? pidFile.record.version : undefined;
  if (pid === undefined || pid === processes.pid || version === VERSION) return undefined;
  if (lockHolder !== undefined && pidIn(lockHolder) === pid) return undefined;
  if (!await processes.isAlive(pid)) return undefined;
  // A pid comes round again: where the system tells the command line, it must be a daemon's.
  const commandLine = await processes.commandLine(pid);
  if (commandLine !== undefined && !commandLine.includes("daemon")) return undefined;
  return { pid, version };
}

function pidOf(pidFile: PidFile): number | undefined {
  if (pidFile.tag === "record") return pidFile.record.pid;
  return pidFile.tag === "legacy" ? pidFile.pid : undefined;
}

/** @param holder `<owner> (pid <n>) since <time>` */
function pidIn(holder: string): number | undefined {
  const digits = holder.match(/\(pid (\d{1,10})\)/)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
