/** `wire up`: identity, mailbox, nick and daemon, whatever of them is missing. */
import { up } from "../../client/operations/up.ts";
import type { Command } from "../command.ts";
import { text } from "../options.ts";

export const command = {
  operation: up,
  usage: "[nick@relay]",
  options: { name: text("name", "the name on the card (the nick, capitalised)") },
  examples: [
    "wire up alice",
    "wire up alice@relay.example.org",
    "wire up alice@http://127.0.0.1:8771",
    "wire up",
  ],
  toInput: ([address], { name }) => ({ address, name }),
  render({ nick, relay, steps, changed }, ui) {
    const open = steps.filter(({ stage, status }) => status === "warning" && stage !== "ready");
    ui.field("nick", nick);
    ui.field("relay", relay);
    ui.field("changed", changed ? "yes" : "nothing");
    if (open.length > 0) {
      ui.field("still open", open.map(({ stage }) => stage).join(", "));
    }
  },
} satisfies Command<typeof up>;
