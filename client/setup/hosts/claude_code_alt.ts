/** Claude Code's other place, `~/.config/claude/mcp.json`. See docs/protocol/cli.md §7.2. */
import { commandShape, type Host } from "../host.ts";
import { json } from "../json/format.ts";

export const claudeCodeAlt: Host = {
  id: "claude-code-alt",
  name: "Claude Code (alt)",
  format: json,
  path: ["mcpServers", "wire"],
  shape: commandShape(),
  places({ config, join }) {
    const directory = join(config, "claude");
    return [{ file: join(directory, "mcp.json"), signs: [directory] }];
  },
};
