/** Cline, the extension of VS Code (docs/protocol/extensions.md §14 ruling 19). */
import { commandShape, type Host } from "../host.ts";
import { json } from "../json/format.ts";

export const cline: Host = {
  id: "cline",
  name: "Cline",
  format: json,
  path: ["mcpServers", "wire"],
  shape: commandShape({ disabled: false }),
  places({ desktop, join }) {
    const directory = join(desktop, "Code", "User", "globalStorage", "saoudrizwan.claude-dev");
    return [{ file: join(directory, "settings", "cline_mcp_settings.json"), signs: [directory] }];
  },
};
