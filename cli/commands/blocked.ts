/** `wire blocked`: whom we hear nothing from. */
import { blocked } from "../../client/operations/block.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: blocked,
  usage: "",
  options: {},
  examples: ["wire blocked", "wire blocked --json"],
  toInput: () => ({}),
  render(output, ui) {
    if (output.length === 0) return ui.line("nobody is blocked");
    ui.table(
      ["DID", "SINCE", "NOTE"],
      output.map(({ did, at, note }) => [visible(did), visible(at), visible(note ?? "")]),
    );
  },
} satisfies Command<typeof blocked>;
