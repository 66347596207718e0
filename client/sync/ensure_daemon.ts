/**
 * Starts the daemon of this home in the background unless it runs.
 * See docs/protocol/identity-and-events.md §17: ready means that it holds daemon.lock, not that a
 * process has some pid.
 */
import type { SpawnOptions } from "../../platform/processes.ts";
import { WireError } from "../../protocol/errors.ts";
import { DAEMON_OWNER, liveForeignDaemon } from "../../store/home/daemon_state.ts";
import type { Home } from "../../store/home/home.ts";
import { makeRoomInLog } from "../../store/diag/bounded_log.ts";
import type { ClientContext } from "../context.ts";

const POLL_MS = 10;
const READY_DEADLINE_MS = 5_000;
const DAEMON_ARGUMENTS = ["daemon", "--interval", "5"];

/** Where and how it runs, if not as we do ourselves. */
export type DaemonSpawn = Partial<SpawnOptions>;

/**
 * @returns `spawned` is false when a daemon serves the home already, also one of 0.5.19, or when
 * WIRE_MCP_SKIP_AUTO_UP is set
 * @throws {WireError} timed_out, when it did not come up
 */
export async function ensureDaemon(
  context: ClientContext,
  spawn: DaemonSpawn = {},
): Promise<{ spawned: boolean }> {
  const { home, platform: { env, processes } } = context;
  if (env.get("WIRE_MCP_SKIP_AUTO_UP") !== undefined) return { spawned: false };
  if (await isServed(home) || await liveForeignDaemon(home) !== undefined) {
    return { spawned: false };
  }
  // No daemon writes it now.
  if (spawn.logFile !== undefined) await makeRoomInLog(home.platform.files, spawn.logFile);
  const wireHome = env.get("WIRE_HOME"); // which a session found by its directory has, too
  const named = wireHome ? { env: { WIRE_HOME: wireHome } } : {};
  const pid = await processes.spawnSelf({ args: DAEMON_ARGUMENTS, ...named, ...spawn });
  return { spawned: await isReady(home, pid) };
}

async function isServed(home: Home): Promise<boolean> {
  const holder = await home.platform.files.lockHolder(home.file.daemonLock);
  return holder?.startsWith(DAEMON_OWNER) === true;
}

/** @returns false when another daemon was faster, which is as good */
async function isReady(home: Home, pid: number): Promise<boolean> {
  const { clock, processes, files } = home.platform;
  const giveUpAt = clock.monotonic() + READY_DEADLINE_MS;
  while (clock.monotonic() < giveUpAt) {
    const holder = await files.lockHolder(home.file.daemonLock);
    if (holder?.startsWith(DAEMON_OWNER) === true) return holder.includes(`(pid ${pid})`);
    if (!await processes.isAlive(pid)) break;
    await clock.sleep(POLL_MS);
  }
  throw new WireError("timed_out", `Cannot start the daemon: process ${pid} did not come up`, {
    hint: "run `wire daemon` to see why",
  });
}
