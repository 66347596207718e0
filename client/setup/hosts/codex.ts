/** Codex: `config.toml` in `~/.codex` or CODEX_HOME. */
import { commandShape, type Host } from "../host.ts";
import { toml } from "../toml/format.ts";

export const codex: Host = {
  id: "codex",
  name: "Codex",
  format: toml,
  path: ["mcp_servers", "wire"],
  shape: commandShape(),
  places({ home, join, named }) {
    const directory = named("CODEX_HOME") ?? join(home, ".codex");
    return [{ file: join(directory, "config.toml"), signs: [directory] }];
  },
};
