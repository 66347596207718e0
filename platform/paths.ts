/**
 * Where a home lives, on each operating system. See docs/protocol/identity-and-events.md §2 and
 * docs/protocol/cli.md §1.3: an empty WIRE_HOME counts as unset (0.5.19 would use the current
 * directory), and XDG variables count on Linux only, when they hold an absolute path.
 */
import path from "node:path";
import { WireError } from "../protocol/errors.ts";
import { quote } from "../protocol/json/quote.ts";
import type { Env } from "./env.ts";

export interface HomePaths {
  /** private.key, agent-card.json, trust.json, relay.json and their locks. */
  readonly configRoot: string;
  /** inbox/, outbox/, pending-pair/ and the daemon's files. On macOS the same as configRoot. */
  readonly stateRoot: string;
  /** Where sessions may lie: the first that is there, else the first. */
  readonly sessionsRoots: readonly [string, ...string[]];
  /** Data of a relay started from this home. */
  relayRoot(options: { readonly localOnly: boolean }): string;
}

interface Bases {
  readonly config: string;
  readonly state: string;
}

/**
 * @throws {WireError} usage, when the system names no home directory and WIRE_HOME is unset, or
 * holds what a shell should have replaced
 */
export function homePaths(env: Env): HomePaths {
  const wireHome = namedHome(env);
  if (wireHome !== undefined) return homeBelow(env, wireHome);
  const { join } = pathsOf(env);
  const bases = systemBases(env);
  const sessions = join(bases.state, "wire", "sessions");
  if (env.os !== "darwin") return pathsIn(env, bases, [sessions]);
  // Where the documentation has it, and where later releases have it (docs/protocol/cli.md §9, S12).
  const documented = join(needed(env.homeDirectory), ".local", "state", "wire", "sessions");
  return pathsIn(env, bases, [documented, sessions]);
}

/** The home whose WIRE_HOME is that directory, which may be relative to the current one. */
export function homeBelow(env: Env, directory: string): HomePaths {
  const { join, resolve } = pathsOf(env);
  const root = resolve(env.currentDirectory, directory);
  const bases = { config: join(root, "config"), state: join(root, "state") };
  return pathsIn(env, bases, [join(root, "sessions")]);
}

/**
 * What WIRE_HOME names; undefined when it is unset or empty.
 * @throws {WireError} usage: a host that passes on `${VAR}` would give everybody one identity
 */
export function namedHome(env: Env): string | undefined {
  const text = nonEmpty(env, "WIRE_HOME");
  if (text !== undefined) refusePlaceholder("WIRE_HOME", text);
  return text;
}

/** @throws {WireError} usage, if the text is one that a shell or a host should have replaced */
export function refusePlaceholder(variable: string, text: string): void {
  if (!PLACEHOLDER.test(text)) return;
  throw new WireError("usage", `Cannot use ${variable}=${quote(text)}: nobody has expanded it`, {
    hint: "write the value itself where it is set; a host's configuration is not read by a shell",
  });
}

const PLACEHOLDER = /\$\{|\$\(|^\$[A-Za-z_]|^~(\/|$)|%[A-Za-z_]\w*%|\{\{/;

const pathsOf = ({ os }: Env): typeof path.posix => os === "windows" ? path.win32 : path.posix;

function pathsIn(
  env: Env,
  { config, state }: Bases,
  sessionsRoots: HomePaths["sessionsRoots"],
): HomePaths {
  const { join } = pathsOf(env);
  return {
    configRoot: join(config, "wire"),
    stateRoot: join(state, "wire"),
    sessionsRoots,
    relayRoot({ localOnly }) {
      const root = join(state, "wire-relay");
      return localOnly ? join(root, "local") : root;
    },
  };
}

/** Where Windows names it. */
const PROFILE = "USERPROFILE";

function systemBases(env: Env): Bases {
  const home = env.homeDirectory;
  switch (env.os) {
    case "windows": {
      const { join } = path.win32;
      return {
        config: nonEmpty(env, "APPDATA") ?? join(needed(home, PROFILE), "AppData", "Roaming"),
        state: nonEmpty(env, "LOCALAPPDATA") ?? join(needed(home, PROFILE), "AppData", "Local"),
      };
    }
    case "darwin": {
      const support = path.posix.join(needed(home), "Library", "Application Support");
      return { config: support, state: support };
    }
    case "linux":
    case "other": {
      const { join } = path.posix;
      return {
        config: absolute(env, "XDG_CONFIG_HOME") ?? join(needed(home), ".config"),
        state: absolute(env, "XDG_STATE_HOME") ?? join(needed(home), ".local", "state"),
      };
    }
  }
}

function nonEmpty(env: Env, name: string): string | undefined {
  return env.get(name) || undefined;
}

function absolute(env: Env, name: string): string | undefined {
  const value = env.get(name);
  return value !== undefined && path.posix.isAbsolute(value) ? value : undefined;
}

function needed(home: string | undefined, variable = "HOME"): string {
  if (home !== undefined) return home;
  throw new WireError("usage", `Cannot find the home directory: ${variable} env var unset`, {
    hint: `set ${variable}, or WIRE_HOME to a directory of your choice`,
  });
}
