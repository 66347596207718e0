/** Claude Desktop, on Linux too (docs/protocol/extensions.md §14 ruling 19). */
import { commandShape, type Host } from "../host.ts";
import { json } from "../json/format.ts";

export const claudeDesktop: Host = {
  id: "claude-desktop",
  name: "Claude Desktop",
  format: json,
  path: ["mcpServers", "wire"],
  shape: commandShape(),
  places({ desktop, join }) {
    const directory = join(desktop, "Claude");
    return [{ file: join(directory, "claude_desktop_config.json"), signs: [directory] }];
  },
};
