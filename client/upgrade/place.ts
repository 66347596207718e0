/** Homes as a command, a service and a child process name them. */
import path from "node:path";
import type { Env } from "../../platform/env.ts";
import { homeBelow, namedHome } from "../../platform/paths.ts";
import type { Platform } from "../../platform/platform.ts";
import type { SpawnOptions } from "../../platform/processes.ts";
import { Home } from "../../store/home/home.ts";
import { HOST_IDS } from "../sessions/find_home.ts";
import { systemsOwn } from "../sessions/other_homes.ts";

export interface Place {
  /** What WIRE_HOME names for it, absolute; undefined for the system's own place. */
  readonly directory: string | undefined;
  readonly home: Home;
}

/** @throws {WireError} usage, where the system has no place for homes */
export function placeOf(platform: Platform, directory: string | undefined): Place {
  const home = directory === undefined
    ? systemsOwn(platform)
    : new Home(platform, homeBelow(platform.env, directory));
  return { directory, home };
}

/** The home that this command works on. */
export function ownPlace(home: Home): Place {
  const { env } = home.platform;
  const named = namedHome(env);
  return {
    directory: named === undefined ? undefined : path.resolve(env.currentDirectory, named),
    home,
  };
}

export const isSamePlace = (a: Place, b: Place): boolean =>
  a.home.paths.configRoot === b.home.paths.configRoot;

/** The same world, as somebody in that home sees it. */
export function standingIn(platform: Platform, { directory }: Place): Platform {
  const { env } = platform;
  const elsewhere: Env = {
    os: env.os,
    homeDirectory: env.homeDirectory,
    hostname: env.hostname,
    currentDirectory: env.currentDirectory,
    get: (name) => name === "WIRE_HOME" ? directory : env.get(name),
  };
  return { ...platform, env: elsewhere };
}

/** By which a child would find another home than the system's own. */
const FINDERS = ["WIRE_HOME", ...HOST_IDS, "WIRE_SESSION_ID", "WIRE_STRICT_SESSION"] as const;

/** With which a child of ours works in that home, whatever we ourselves are in. */
export function spawnedIn({ directory }: Place): Pick<SpawnOptions, "env" | "directory"> {
  if (directory !== undefined) return { env: { WIRE_HOME: directory } };
  // Empty is unset; and this directory may have a session.
  return { env: Object.fromEntries(FINDERS.map((name) => [name, ""])), directory: "/" };
}
