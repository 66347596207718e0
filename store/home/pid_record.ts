/**
 * daemon.pid: who runs the daemon of this home, for people and for 0.5.19. A record is a claim,
 * never a lock. See docs/protocol/identity-and-events.md §17.
 */
import { PID_SCHEMA, type PidFile, type PidRecord } from "../../protocol/schemas/pid_record.ts";
import { readPidFile } from "../../protocol/schemas/pid_record.ts";
import { VERSION } from "../../protocol/version.ts";
import type { Home } from "./home.ts";

/** A corrupt file is an answer, not an error. @throws {WireError} unreadable */
export async function readDaemonPid(home: Home): Promise<PidFile> {
  return readPidFile(await home.platform.files.readText(home.file.daemonPid));
}

export interface DaemonAbout {
  readonly did: string | null;
  readonly relayUrl: string | null;
}

/** Says in daemon.pid that this process is the daemon; its members stand in the fixed order. */
export async function writeDaemonPid(home: Home, { did, relayUrl }: DaemonAbout): Promise<void> {
  const { processes, clock, files } = home.platform;
  const record: PidRecord = {
    schema: PID_SCHEMA,
    pid: processes.pid,
    bin_path: processes.executable,
    version: VERSION,
    started_at: clock.timestamp(),
    did,
    relay_url: relayUrl,
  };
  await home.ensureRoots();
  const text = JSON.stringify(record, null, 2);
  await files.writeAtomic(home.file.daemonPid, text, { point: "home.daemon_pid" });
}

/** Removes daemon.pid if it still names this process: a clean end leaves no claim behind. */
export async function removeDaemonPid(home: Home): Promise<void> {
  const { processes, files } = home.platform;
  const found = await readDaemonPid(home);
  if (found.tag !== "record" || found.record.pid !== processes.pid) return;
  await files.remove(home.file.daemonPid, { point: "home.daemon_pid_removed" });
}
