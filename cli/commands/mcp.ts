/** `wire mcp`: wire as tools and resources of an agent's host. */
import { mcp } from "../../mcp/mcp.ts";
import type { Command } from "../command.ts";
import { list, text } from "../options.ts";

export const command = {
  operation: mcp,
  usage: "",
  options: {
    http: text(
      "address",
      "listen there instead of standard input: 127.0.0.1:PORT, port 0 is a free one",
    ),
    allowOrigin: list("origin", "with --http: a web page that may ask"),
    profile: text("name", "which tools are listed: minimal, standard or full (full)"),
  },
  examples: ["wire mcp", "wire mcp --profile minimal", "wire mcp --http 127.0.0.1:8772"],
  toInput: (_, { http, allowOrigin, profile }) => ({ http, allowOrigin, profile }),
  render(output, ui) {
    ui.line(output.url);
    ui.note(`  give your host this address, and the token in ${output.token_file} as bearer token`);
  },
} satisfies Command<typeof mcp>;
