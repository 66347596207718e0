/**
 * Which home a command or an MCP server means: what WIRE_HOME names, else the session that WIRE_SESSION_ID
 * names, else the one that was made for the id by which the host itself tells its agents apart, else that of exactly this directory, else the user's own. A directory alone tells nothing about
 * those below it, and a session that is gone is never replaced by another identity without a word.
 * See docs/protocol/mcp.md §9, M18, and docs/lessons.md, 28 to 34.
 */
import path from "node:path";
import { namedHome, refusePlaceholder } from "../../platform/paths.ts";
import type { Platform } from "../../platform/platform.ts";
import { WireError } from "../../protocol/errors.ts";
import { sha256Hex } from "../../protocol/identity/encoding.ts";
import { isSessionName } from "../../store/sessions/session_name.ts";
import { type Session, Sessions } from "../../store/sessions/sessions.ts";

/** What named a home, by which outputs show it too. */
export const HOME_SOURCES = [
  "WIRE_HOME",
  "WIRE_SESSION_ID",
  "CLAUDE_CODE_SESSION_ID",
  "directory",
  "default",
] as const;

export type FoundHome =
  | { readonly source: Exclude<typeof HOME_SOURCES[number], "default">; readonly directory: string }
  | { readonly source: "default"; readonly directory: undefined };

/**
 * Ids that hosts give their agents unasked (docs/protocol/cli.md §10). Every conversation has another one, so
 * such an id means a home only where one was made for it by WIRE_SESSION_ID: nobody's identity goes with a tab.
 */
export const HOST_IDS = ["CLAUDE_CODE_SESSION_ID"] as const;

/** @throws {WireError} usage, refused (strict, and nothing names one), not_found, unreadable */
export async function findHome(platform: Platform): Promise<FoundHome> {
  const { env } = platform;
  const named = namedHome(env);
  if (named !== undefined) {
    return { source: "WIRE_HOME", directory: path.resolve(env.currentDirectory, named) };
  }
  const id = env.get("WIRE_SESSION_ID");
  if (id) {
    const { directory } = await sessionOfId(platform, "WIRE_SESSION_ID", id);
    return { source: "WIRE_SESSION_ID", directory };
  }
  for (const source of HOST_IDS) {
    const given = env.get(source);
    if (!given) continue;
    const { directory, home } = await sessionOfId(platform, source, given);
    if (await home.isInitialized()) return { source, directory };
  }
  if (env.get("WIRE_STRICT_SESSION")) {
    throw new WireError("refused", "Cannot tell whose home this is: WIRE_STRICT_SESSION is set", {
      hint: "name it with WIRE_HOME (wire session env prints the line) or WIRE_SESSION_ID",
    });
  }
  const directory = await homeOfDirectory(platform);
  return directory === undefined
    ? { source: "default", directory }
    : { source: "directory", directory };
}

/** The same world, in which WIRE_HOME names that home. */
export function atHome<World extends Platform>(platform: World, directory: string): World {
  const { env } = platform;
  return {
    ...platform,
    env: {
      os: env.os,
      homeDirectory: env.homeDirectory,
      hostname: env.hostname,
      currentDirectory: env.currentDirectory,
      get: (name: string) => name === "WIRE_HOME" ? directory : env.get(name),
    },
  };
}

/** Digits of the id's hash: an id is whatever a host makes up. */
const ID_DIGITS = 16;

async function sessionOfId(platform: Platform, variable: string, id: string): Promise<Session> {
  refusePlaceholder(variable, id);
  const sessions = await Sessions.open(platform);
  const name = `key-${sha256Hex(id).slice(0, ID_DIGITS)}`;
  if (!isSessionName(name)) throw new TypeError("hexadecimal digits are a name");
  return await sessions.at(name);
}

async function homeOfDirectory(platform: Platform): Promise<string | undefined> {
  const { currentDirectory } = platform.env;
  const sessions = await Sessions.open(platform);
  const name = await sessions.nameFor(currentDirectory);
  if (name === undefined) return undefined;
  const session = await sessions.find(name);
  if (session !== undefined) return session.directory;
  throw new WireError(
    "not_found",
    `Cannot use session ${name} of ${JSON.stringify(currentDirectory)}: its home is gone`,
    {
      hint: "wire session new makes it anew, with another identity; " +
        `wire session destroy ${name} forgets it`,
    },
  );
}
