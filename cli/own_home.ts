/** Before a command runs: whose home it works on, and a word about it where that is not plain. */
import type { Platform } from "../platform/platform.ts";
import type { Entry } from "./registry.ts";
import type { Ui } from "./ui/ui.ts";

/**
 * @returns the same world, in which WIRE_HOME names the session that was found, if one was
 * @throws {WireError} as findHome
 */
export async function inOwnHome<World extends Platform>(
  platform: World,
  entry: Pick<Entry, "machine" | "lasting">,
  ui: Ui,
): Promise<World> {
  if (entry.machine === true || platform.env.get("WIRE_HOME")) return platform;
  const { findHome, atHome } = await import("../client/sessions/find_home.ts");
  const { source, directory } = await findHome(platform);
  if (directory === undefined) return platform;
  // Whoever starts something that goes on must be able to read later whom it served.
  const isSaid = entry.lasting === true || platform.terminal.stderr.isTerminal;
  if (isSaid && !platform.env.get("WIRE_QUIET_AUTOSESSION")) {
    const how = source === "directory" ? "this directory's session" : `by ${source}`;
    ui.note(`wire: home ${directory} (${how}); WIRE_HOME names another`);
  }
  return atHome(platform, directory);
}
