/**
 * Where a home lives, on each operating system. See docs/protocol/identity-and-events.md §2 and
 * docs/protocol/cli.md §1.3: an empty WIRE_HOME counts as unset (0.5.19 would use the current
 * directory), and XDG variables count on Linux only, when they hold an absolute path.
 */
import path from "node:path";
import { WireError } from "../protocol/errors.ts";
import type { Env } from "./env.ts";

export interface HomePaths {
  /** private.key, agent-card.json, trust.json, relay.json and their locks. */
  readonly configRoot: string;
  /** inbox/, outbox/, pending-pair/ and the daemon's files. On macOS the same as configRoot. */
  readonly stateRoot: string;
  readonly sessionsRoot: string;
  /** Data of a relay started from this home. */
  relayRoot(options: { readonly localOnly: boolean }): string;
}

interface Bases {
  readonly config: string;
  readonly state: string;
}

/** @throws {WireError} usage, when the system names no home directory and WIRE_HOME is unset */
export function homePaths(env: Env): HomePaths {
  const { join } = env.os === "windows" ? path.win32 : path.posix;
  const wireHome = nonEmpty(env, "WIRE_HOME");
  const bases = wireHome === undefined ? systemBases(env) : wireHomeBases(env, wireHome);
  const stateRoot = join(bases.state, "wire");
  return {
    configRoot: join(bases.config, "wire"),
    stateRoot,
    sessionsRoot: wireHome === undefined
      ? join(stateRoot, "sessions")
      : join(bases.state, "..", "sessions"),
    relayRoot({ localOnly }) {
      const root = join(bases.state, "wire-relay");
      return localOnly ? join(root, "local") : root;
    },
  };
}

/** WIRE_HOME may be relative to the current directory; the paths we hand out are absolute. */
function wireHomeBases(env: Env, wireHome: string): Bases {
  const { join, resolve } = env.os === "windows" ? path.win32 : path.posix;
  const root = resolve(env.currentDirectory, wireHome);
  return { config: join(root, "config"), state: join(root, "state") };
}

function systemBases(env: Env): Bases {
  const home = env.homeDirectory;
  switch (env.os) {
    case "windows": {
      const { join } = path.win32;
      return {
        config: nonEmpty(env, "APPDATA") ?? join(needed(home), "AppData", "Roaming"),
        state: nonEmpty(env, "LOCALAPPDATA") ?? join(needed(home), "AppData", "Local"),
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

function needed(home: string | undefined): string {
  if (home !== undefined) return home;
  throw new WireError("usage", "Cannot find the home directory: the system names none", {
    hint: "set WIRE_HOME to a directory of your choice",
  });
}
