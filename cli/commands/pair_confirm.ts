/** `wire pair-confirm`: the digits of the peer's screen, for a detached pairing. */
import { pairConfirm } from "../../client/operations/pair_confirm.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: pairConfirm,
  usage: "<code> <digits>",
  options: {},
  examples: ["wire pair-confirm 42-K7QX2M 440-253", "wire pair-confirm 42-K7QX2M 440253 --json"],
  toInput: ([code, digits]) => ({ code, digits }),
  render(output, ui) {
    ui.line("digits match; the daemon finishes the pairing within seconds");
    ui.line(`next: wire pair-watch ${output.code_phrase} --status confirmed, then wire peers`);
  },
} satisfies Command<typeof pairConfirm>;
