/** The command line with which hosts start our tool server, for every way in which wire is installed. */
import path from "node:path";
import type { Platform } from "../../platform/platform.ts";
import { commandNote, ownCommand } from "../own_command.ts";
import type { Server } from "./host.ts";

export interface Servers {
  /** By its whole path: what a desktop starts has another PATH than a shell. */
  readonly server: Server;
  /** For files that others share: by its name, where that is this program. */
  readonly shared: Server;
  /** What a person should know of it. */
  readonly notes: readonly string[];
}

/** @throws {WireError} not_found, when what would be written is not there */
export async function mcpServers(platform: Platform): Promise<Servers> {
  const own = await ownCommand(platform);
  const { executable, prefix, env } = own;
  const server = { command: executable, args: [...prefix, "mcp"], env };
  const isNamed = prefix.length === 0 && await isOnPath(platform, executable);
  const note = commandNote(own);
  return {
    server,
    shared: isNamed ? { ...server, command: "wire" } : server,
    notes: note === undefined ? [] : [note],
  };
}

/** Whether `wire`, typed in a shell, is this program. */
async function isOnPath({ env, files }: Platform, executable: string): Promise<boolean> {
  const [separator, name] = env.os === "windows" ? [";", "wire.exe"] : [":", "wire"];
  for (const directory of (env.get("PATH") ?? "").split(separator)) {
    if (!path.isAbsolute(directory)) continue;
    const candidate = path.join(directory, name);
    if ((await files.stat(candidate))?.isFile !== true) continue;
    return await files.followLinks(candidate) === await files.followLinks(executable);
  }
  return false;
}
