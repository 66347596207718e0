/** `wire notify`: desktop notifications for new messages, to all homes of a user. */
import { notify } from "../../client/operations/notify.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { flag, integer, text } from "../options.ts";

export const command = {
  operation: notify,
  usage: "",
  options: {
    interval: integer("seconds", "what comes within so many is shown together (2)", {
      floor: 1,
      max: 86_400,
    }),
    peer: text("handle", "only from this peer"),
    includeHandshake: flag("also what programs say to each other, such as pair drops"),
    once: flag("for what is there now, and the end"),
  },
  examples: ["wire notify", "wire notify --peer bob", "wire notify --once --json"],
  toInput: (_, { interval, peer, includeHandshake, once, json }) => ({
    interval,
    peer,
    includeHandshake,
    once,
    print: json,
  }),
  // Without --json nothing is yielded: the desktop has it.
  render: ({ peer }, ui) => ui.line(visible(peer)),
} satisfies Command<typeof notify>;
