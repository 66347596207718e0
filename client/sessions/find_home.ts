/**
 * Which home a command or an MCP server means: what WIRE_HOME names, else the session that the host
 * names, else that of exactly this directory, else the user's own. A directory alone tells nothing about
 * those below it, and a session that is gone is never replaced by another identity without a word.
 * See docs/protocol/mcp.md §9, M18, and docs/lessons.md, 28 to 34.
 */
import path from "node:path";
import { namedHome, refusePlaceholder } from "../../platform/paths.ts";
import type { Platform } from "../../platform/platform.ts";
import { WireError } from "../../protocol/errors.ts";
import { sha256Hex } from "../../protocol/identity/encoding.ts";
import { isSessionName } from "../../store/sessions/session_name.ts";
import { Sessions } from "../../store/sessions/sessions.ts";

export type FoundHome =
  | { readonly source: "WIRE_HOME" | "WIRE_SESSION_ID" | "directory"; readonly directory: string }
  | { readonly source: "default"; readonly directory: undefined };

/** @throws {WireError} usage, refused (strict, and nothing names one), not_found, unreadable */
export async function findHome(platform: Platform): Promise<FoundHome> {
  const { env } = platform;
  const named = namedHome(env);
  if (named !== undefined) {
    return { source: "WIRE_HOME", directory: path.resolve(env.currentDirectory, named) };
  }
  const id = env.get("WIRE_SESSION_ID");
  if (id) return { source: "WIRE_SESSION_ID", directory: await homeOfId(platform, id) };
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

async function homeOfId(platform: Platform, id: string): Promise<string> {
  refusePlaceholder("WIRE_SESSION_ID", id);
  const sessions = await Sessions.open(platform);
  const name = `key-${sha256Hex(id).slice(0, ID_DIGITS)}`;
  if (!isSessionName(name)) throw new TypeError("hexadecimal digits are a name");
  return (await sessions.at(name)).directory;
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
