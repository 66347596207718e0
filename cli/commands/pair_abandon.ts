/** `wire pair-abandon`: frees a code on the relay. */
import { pairAbandon } from "../../client/operations/pair_abandon.ts";
import type { Command } from "../command.ts";
import { text } from "../options.ts";

export const command = {
  operation: pairAbandon,
  usage: "<code>",
  options: {
    relay: text("url", "the relay on which the pairing began (https://wireup.net)"),
  },
  examples: ["wire pair-abandon 42-K7QX2M --relay http://127.0.0.1:8771"],
  toInput: ([code], { relay }) => ({ code, relay }),
  render(output, ui) {
    ui.line(`abandoned ${output.code_phrase} on ${output.relay_url}`);
    ui.line(`next: wire pair-host --relay ${output.relay_url}, for a fresh code`);
  },
} satisfies Command<typeof pairAbandon>;
