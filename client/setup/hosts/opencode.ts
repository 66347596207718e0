/** OpenCode: `opencode.json` or `.jsonc`; the command and its arguments are one list. */
import { type Host, isTexts } from "../host.ts";
import { jsonc } from "../json/format.ts";

export const opencode: Host = {
  id: "opencode",
  name: "OpenCode",
  format: jsonc,
  path: ["mcp", "wire"],
  shape: {
    starting: ({ command, args }) => ({ command: [command, ...args] }),
    others: { type: "local", enabled: true },
    env: "environment",
    started: ({ command = null }) => isTexts(command) ? command : undefined,
  },
  places({ config, join }) {
    const directory = join(config, "opencode");
    return ["opencode.jsonc", "opencode.json"].map((name) => ({
      file: join(directory, name),
      signs: [directory],
    }));
  },
};
