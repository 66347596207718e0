/** Windsurf: `~/.codeium/windsurf/mcp_config.json`. */
import { commandShape, type Host } from "../host.ts";
import { json } from "../json/format.ts";

export const windsurf: Host = {
  id: "windsurf",
  name: "Windsurf",
  format: json,
  path: ["mcpServers", "wire"],
  shape: commandShape(),
  places({ home, join }) {
    const directory = join(home, ".codeium", "windsurf");
    return [{ file: join(directory, "mcp_config.json"), signs: [directory] }];
  },
};
