/** The command line with which hosts start our tool server, for every way in which wire is installed. */
import path from "node:path";
import type { Platform } from "../../platform/platform.ts";
import { WireError } from "../../protocol/errors.ts";
import type { Server } from "./host.ts";

export interface Servers {
  /** By its whole path: what a desktop starts has another PATH than a shell. */
  readonly server: Server;
  /** For files that others share: by its name, where that is this program. */
  readonly shared: Server;
  /** What a person should know of it. */
  readonly notes: readonly string[];
}

const RUN_ONCE = /[\\/]_npx[\\/]/;

/** @throws {WireError} not_found, when what would be written is not there */
export async function mcpServers(platform: Platform): Promise<Servers> {
  const { executable, prefix, env } = platform.processes.self;
  for (const file of [executable, ...prefix.filter((part) => path.isAbsolute(part))]) {
    const stat = await platform.files.stat(file);
    if (stat?.isFile !== true) {
      throw new WireError("not_found", `Cannot name the command of wire: ${file} is not there`);
    }
  }
  const server = { command: executable, args: [...prefix, "mcp"], env };
  const isNamed = prefix.length === 0 && await isOnPath(platform, executable);
  const notes = [executable, ...prefix].some((part) => RUN_ONCE.test(part))
    ? ["this runs from a cache that npx may empty: install wire or Deno, and set up again"]
    : [];
  return { server, shared: isNamed ? { ...server, command: "wire" } : server, notes };
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
