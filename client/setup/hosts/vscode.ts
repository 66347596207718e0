/** VS Code, its Insiders, and the workspace: `mcp.json` with `servers`, and with comments. */
import { commandShape, type Host } from "../host.ts";
import { jsonc } from "../json/format.ts";

const shared = {
  format: jsonc,
  path: ["servers", "wire"],
  shape: commandShape({ type: "stdio" }),
} as const;

const userHost = (id: string, name: string, directory: string): Host => ({
  ...shared,
  id,
  name,
  places({ desktop, join }) {
    const user = join(desktop, directory, "User");
    return [{ file: join(user, "mcp.json"), signs: [user] }];
  },
});

export const vscode: Host = userHost("vscode", "VS Code", "Code");
export const vscodeInsiders: Host = userHost(
  "vscode-insiders",
  "VS Code Insiders",
  "Code - Insiders",
);

export const vscodeWorkspace: Host = {
  ...shared,
  id: "vscode-workspace",
  name: "VS Code (this workspace)",
  isProject: true,
  places({ current, join }) {
    const directory = join(current, ".vscode");
    return [{ file: join(directory, "mcp.json"), signs: [directory] }];
  },
};
