/** Where programs of this user keep their settings, on each system. */
import path from "node:path";
import type { Env, OperatingSystem } from "../../platform/env.ts";
import { WireError } from "../../protocol/errors.ts";

export interface Places {
  readonly os: OperatingSystem;
  readonly home: string;
  /** `~/.config` or XDG_CONFIG_HOME, on every system but Windows. */
  readonly config: string;
  /** Where desktop programs keep settings: Windows `%APPDATA%`, macOS Application Support, else `config`. */
  readonly desktop: string;
  /** The project's directory. */
  readonly current: string;
  readonly join: (...parts: readonly string[]) => string;
  /** A directory that a variable names, if it is absolute. */
  named(variable: string): string | undefined;
}

/** @throws {WireError} usage, when the system names no home directory */
export function placesOf(env: Env): Places {
  const home = env.homeDirectory;
  if (home === undefined) {
    throw new WireError("usage", "Cannot find the home directory: HOME env var unset", {
      hint: "set HOME",
    });
  }
  const { join, isAbsolute } = env.os === "windows" ? path.win32 : path.posix;
  const named = (variable: string): string | undefined => {
    const value = env.get(variable);
    return value !== undefined && isAbsolute(value) ? value : undefined;
  };
  const config = named("XDG_CONFIG_HOME") ?? join(home, ".config");
  return {
    os: env.os,
    home,
    config,
    desktop: desktopOf(env.os, { home, config, appData: named("APPDATA"), join }),
    current: env.currentDirectory,
    join,
    named,
  };
}

interface Bases {
  readonly home: string;
  readonly config: string;
  readonly appData: string | undefined;
  readonly join: (...parts: readonly string[]) => string;
}

function desktopOf(os: OperatingSystem, { home, config, appData, join }: Bases): string {
  if (os === "windows") return appData ?? join(home, "AppData", "Roaming");
  if (os === "darwin") return join(home, "Library", "Application Support");
  return config;
}
