/** Gemini CLI: `~/.gemini/settings.json`. */
import { commandShape, type Host } from "../host.ts";
import { json } from "../json/format.ts";

export const geminiCli: Host = {
  id: "gemini-cli",
  name: "Gemini CLI",
  format: json,
  path: ["mcpServers", "wire"],
  shape: commandShape(),
  places({ home, join }) {
    const directory = join(home, ".gemini");
    return [{ file: join(directory, "settings.json"), signs: [directory] }];
  },
};
