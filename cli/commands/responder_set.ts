/** `wire responder set`: tells peers how the one who answers here is doing. */
import { responderSet } from "../../client/operations/responder_set.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { text } from "../options.ts";

export const command = {
  operation: responderSet,
  usage: "<status>",
  options: { reason: text("text", "why, for people") },
  examples: ["wire responder set online", "wire responder set rate_limited --reason 'until noon'"],
  toInput: ([status], { reason }) => ({ status, reason }),
  render({ status, reason }, ui) {
    const why = reason === undefined ? "" : ` — ${visible(reason)}`;
    ui.line(`responder ${visible(status)}${why}`);
  },
} satisfies Command<typeof responderSet>;
