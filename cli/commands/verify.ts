/** `wire verify`: is this event what its signer signed? */
import { verify } from "../../client/operations/verify.ts";
import type { Command } from "../command.ts";
import { visible } from "../../protocol/text/visible.ts";

export const command = {
  operation: verify,
  usage: "<path>",
  options: {},
  examples: ["wire verify event.json", "wire tail bob --limit 1 --json | wire verify -"],
  toInput: ([path]) => ({ path }),
  render(output, ui) {
    if (output.verified) ui.line(`verified ${ui.style("green", "✓")}`);
    else ui.note(`${ui.style("red", "FAILED", "stderr")}: ${visible(output.reason)}`);
  },
} satisfies Command<typeof verify>;
