/** One home's daemon, ended and begun again with this program. */
import type { Platform } from "../../platform/platform.ts";
import { refuseForeignDaemon } from "../sync/round_lock.ts";
import type { ClientContext } from "../context.ts";
import { ensureDaemon } from "../sync/ensure_daemon.ts";
import { stopDaemon } from "../stop_daemon.ts";
import type { ServedHome } from "./plan.ts";

export interface Restarted {
  /** The daemon that ran before. */
  readonly killed: number | undefined;
  /** Whether we started one: a service manager may have been faster. */
  readonly spawned: boolean;
}

/**
 * Safe to repeat. A home without an identity gets no daemon.
 * @throws {WireError} locked, when a daemon of 0.5.19 works there; refused, timed_out, unreadable
 */
export async function restartDaemon(
  context: ClientContext,
  { directory, home }: ServedHome,
): Promise<Restarted> {
  await refuseForeignDaemon(home, "wire upgrade");
  const killed = await stopDaemon(home);
  if (!await home.isInitialized()) return { killed, spawned: false };
  const { spawned } = await ensureDaemon({
    ...context,
    home,
    platform: startingIn(context.platform, directory),
  });
  return { killed, spawned };
}

/** The same world, in which this program is started for that home. */
function startingIn(platform: Platform, directory: string | undefined): Platform {
  if (directory === undefined) return platform;
  const { processes } = platform;
  return {
    ...platform,
    processes: {
      pid: processes.pid,
      executable: processes.executable,
      self: processes.self,
      isAlive: (pid) => processes.isAlive(pid),
      commandLine: (pid) => processes.commandLine(pid),
      spawnSelf: ({ env, ...options }) =>
        processes.spawnSelf({ ...options, env: { ...env, WIRE_HOME: directory } }),
      signal: (pid, signal) => processes.signal(pid, signal),
      onSignal: (signals, handler) => processes.onSignal(signals, handler),
    },
  };
}
