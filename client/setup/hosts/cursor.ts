/** Cursor: `~/.cursor/mcp.json`. See docs/protocol/cli.md §7.2. */
import { commandShape, type Host } from "../host.ts";
import { json } from "../json/format.ts";

export const cursor: Host = {
  id: "cursor",
  name: "Cursor",
  format: json,
  path: ["mcpServers", "wire"],
  shape: commandShape(),
  places({ home, join }) {
    const directory = join(home, ".cursor");
    return [{ file: join(directory, "mcp.json"), signs: [directory] }];
  },
};
