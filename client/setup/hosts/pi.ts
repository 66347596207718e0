/** Pi with its MCP adapter: `~/.pi/agent/mcp.json`. */
import { commandShape, type Host } from "../host.ts";
import { json } from "../json/format.ts";

export const pi: Host = {
  id: "pi",
  name: "Pi",
  format: json,
  path: ["mcpServers", "wire"],
  shape: commandShape(),
  places({ home, join, named }) {
    const directory = named("PI_CODING_AGENT_DIR") ?? join(home, ".pi", "agent");
    return [{ file: join(directory, "mcp.json"), signs: [directory] }];
  },
};
