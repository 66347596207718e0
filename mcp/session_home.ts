/**
 * Which home a host's tool server is for: the one that WIRE_HOME names, else the session of the very
 * directory it was started in, else the user's own. See docs/protocol/mcp.md §9 M18 and cli.md §7.1.
 */
import type { Platform } from "../platform/platform.ts";
import type { Env } from "../platform/env.ts";
import type { Processes } from "../platform/processes.ts";
import { Sessions } from "../store/sessions/sessions.ts";

/**
 * @returns a world whose WIRE_HOME is that home, also for the daemon that is started from it
 * @throws {WireError} usage, refused, unreadable
 */
export async function inOwnSession(platform: Platform): Promise<Platform> {
  const { env, processes } = platform;
  // What is set always wins; set to nothing it counts as unset.
  if (env.get("WIRE_HOME")) return platform;
  const sessions = await Sessions.open(platform);
  const name = await sessions.nameFor(env.currentDirectory);
  const session = name === undefined ? undefined : await sessions.find(name);
  if (session === undefined) return platform;
  const named = { WIRE_HOME: session.directory };
  return { ...platform, env: withHome(env, named), processes: spawningWith(processes, named) };
}

function withHome(env: Env, named: Readonly<Record<string, string>>): Env {
  const { os, homeDirectory, hostname, currentDirectory } = env;
  const get = (name: string): string | undefined => named[name] ?? env.get(name);
  return { os, homeDirectory, hostname, currentDirectory, get };
}

function spawningWith(
  processes: Processes,
  named: Readonly<Record<string, string>>,
): Processes {
  const { pid, executable, self } = processes;
  return {
    pid,
    executable,
    self,
    isAlive: (other) => processes.isAlive(other),
    commandLine: (other) => processes.commandLine(other),
    spawnSelf: (options) => processes.spawnSelf({ ...options, env: { ...named, ...options.env } }),
    signal: (other, signal) => processes.signal(other, signal),
    onSignal: (signals, handler) => processes.onSignal(signals, handler),
  };
}
