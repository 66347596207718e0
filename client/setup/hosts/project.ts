/** `.mcp.json` of the current directory, which several hosts read. See docs/protocol/cli.md §7.2. */
import { commandShape, type Host } from "../host.ts";
import { json } from "../json/format.ts";

export const project: Host = {
  id: "project",
  name: "this project",
  format: json,
  path: ["mcpServers", "wire"],
  shape: commandShape(),
  isProject: true,
  places: ({ current, join }) => [{ file: join(current, ".mcp.json"), signs: [current] }],
};
