/** Homes of this user beside ours: sessions, and the system's own place. Only read. */
import path from "node:path";
import { homeBelow, homePaths } from "../../platform/paths.ts";
import type { Platform } from "../../platform/platform.ts";
import { Home } from "../../store/home/home.ts";
import { isSessionName } from "../../store/sessions/session_name.ts";
import { sessionsRoot } from "../../store/sessions/sessions_root.ts";

export interface OtherHome {
  /** What WIRE_HOME would name; undefined for the system's own place. */
  readonly directory: string | undefined;
  readonly home: Home;
}

/**
 * @param limit more sessions are not looked at
 * @throws {WireError} unreadable
 */
export async function otherHomes(
  ours: Home,
  limit = Number.POSITIVE_INFINITY,
): Promise<readonly OtherHome[]> {
  const { platform } = ours;
  const { files, env } = platform;
  const root = await sessionsRoot(platform);
  const found: OtherHome[] = [];
  for (const name of (await files.list(root)).filter(isSessionName).slice(0, limit)) {
    const directory = path.join(root, name);
    if ((await files.stat(directory))?.isDirectory !== true) continue;
    found.push({ directory, home: new Home(platform, homeBelow(env, directory)) });
  }
  if (env.homeDirectory !== undefined) {
    found.push({ directory: undefined, home: systemsOwn(platform) });
  }
  return found.filter(({ home }) => home.paths.configRoot !== ours.paths.configRoot);
}

/** Where the system keeps homes; whatever WIRE_HOME names. @throws {WireError} usage, where it has no place */
export function systemsOwn(platform: Platform): Home {
  const { env } = platform;
  const paths = homePaths({
    os: env.os,
    homeDirectory: env.homeDirectory,
    hostname: env.hostname,
    currentDirectory: env.currentDirectory,
    get: (name) => name === "WIRE_HOME" ? undefined : env.get(name),
  });
  return new Home(platform, paths);
}
