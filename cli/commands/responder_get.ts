/** `wire responder get`: how the one who answers at a mailbox is doing. */
import { responderGet } from "../../client/operations/responder_get.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: responderGet,
  usage: "[peer]",
  options: {},
  examples: ["wire responder get", "wire responder get bob --json"],
  toInput: ([peer]) => ({ peer }),
  render({ responder_health: health, target }, ui) {
    if (health === null) return ui.line(`${visible(target)}: not reported`);
    const { status, reason, set_at } = health;
    const why = reason === undefined ? "" : ` — ${visible(reason)}`;
    ui.line(`${visible(target)}: ${visible(status)}${why} (since ${visible(set_at)})`);
    if (target !== "self") ui.note("as whoever holds a token of that mailbox says");
  },
} satisfies Command<typeof responderGet>;
