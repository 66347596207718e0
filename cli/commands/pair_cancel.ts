/** `wire pair-cancel`: gives up a detached pairing of this home. */
import { pairCancel } from "../../client/operations/pair_cancel.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: pairCancel,
  usage: "<code>",
  options: {},
  examples: ["wire pair-cancel 42-K7QX2M"],
  toInput: ([code]) => ({ code }),
  render(output, ui) {
    ui.line(`pairing ${output.code_phrase} cancelled`);
  },
} satisfies Command<typeof pairCancel>;
