/** GitHub Copilot CLI: `~/.copilot/mcp-config.json`; a server without `tools` offers none. */
import { commandShape, type Host } from "../host.ts";
import { json } from "../json/format.ts";

export const copilotCli: Host = {
  id: "copilot-cli",
  name: "GitHub Copilot CLI",
  format: json,
  path: ["mcpServers", "wire"],
  shape: commandShape({ type: "local", tools: ["*"] }),
  places({ home, join }) {
    const directory = join(home, ".copilot");
    return [{ file: join(directory, "mcp-config.json"), signs: [directory] }];
  },
};
