/**
 * Where the sessions lie. 0.5.19 looks inside an activated session and finds none there; ours finds
 * its sisters (docs/protocol/cli.md §7.1, notes).
 */
import path from "node:path";
import { homePaths, namedHome } from "../../platform/paths.ts";
import type { Platform } from "../../platform/platform.ts";
import { isSessionName } from "./session_name.ts";

/** Named after an id: client/sessions/find_home.ts. */
const KEYED = /^key-[0-9a-f]{16}$/;

/** @throws {WireError} usage, unreadable */
export async function sessionsRoot({ env, files }: Platform): Promise<string> {
  const named = namedHome(env);
  if (named !== undefined) {
    const home = path.resolve(env.currentDirectory, named);
    const root = path.dirname(home);
    const name = path.basename(home);
    const registry = await files.stat(path.join(root, "registry.json"));
    if (registry?.isFile === true && isSessionName(name)) return root;
    // The first session of a user may be one that a host has named, which no directory has.
    if (KEYED.test(name) && path.basename(root) === "sessions") return root;
  }
  const [first, ...others] = homePaths(env).sessionsRoots;
  for (const root of [first, ...others]) {
    if ((await files.stat(root))?.isDirectory === true) return root;
  }
  return first;
}
