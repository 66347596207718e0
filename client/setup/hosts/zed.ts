/**
 * Zed: `context_servers` in settings.json. A file with comments, as Zed makes it, is printed only
 * (docs/protocol/extensions.md §14 ruling 19).
 */
import { commandShape, type Host } from "../host.ts";
import { json } from "../json/format.ts";

export const zed: Host = {
  id: "zed",
  name: "Zed",
  format: json,
  path: ["context_servers", "wire"],
  shape: commandShape(),
  places({ os, config, home, desktop, join }) {
    const directory = os === "windows"
      ? join(desktop, "Zed")
      : os === "darwin"
      ? join(home, ".config", "zed")
      : join(config, "zed");
    return [{ file: join(directory, "settings.json"), signs: [directory] }];
  },
};
