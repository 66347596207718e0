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
    // A mismatch is an error, which the frame tells.
    if (output.state === "aborted") return;
    ui.line("digits match; the daemon finishes the pairing within seconds");
    ui.line("next: wire peers, which lists the peer once both sides have confirmed");
  },
} satisfies Command<typeof pairConfirm>;
