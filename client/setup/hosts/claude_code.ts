/** Claude Code: `~/.claude.json`, or below CLAUDE_CONFIG_DIR. See docs/protocol/cli.md §7.2. */
import { commandShape, type Host } from "../host.ts";
import { json } from "../json/format.ts";

export const claudeCode: Host = {
  id: "claude-code",
  name: "Claude Code",
  format: json,
  path: ["mcpServers", "wire"],
  shape: commandShape(),
  places({ home, join, named }) {
    const own = named("CLAUDE_CONFIG_DIR");
    if (own !== undefined) return [{ file: join(own, ".claude.json"), signs: [own] }];
    const file = join(home, ".claude.json");
    return [{ file, signs: [file, join(home, ".claude")] }];
  },
};
