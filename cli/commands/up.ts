/** `wire up`: identity, mailbox, nick and daemon, whatever of them is missing. */
import { up } from "../../client/operations/up.ts";
import type { Command } from "../command.ts";
import { flag, text } from "../options.ts";

export const command = {
  operation: up,
  usage: "[nick@relay]",
  options: {
    name: text("name", "the name on the card (the nick, capitalised)"),
    withLocal: flag(
      "also a mailbox on a relay of this machine, so that its agents talk without leaving it",
    ),
    localRelay: text("url", "that relay, also unix:///path (http://127.0.0.1:8771)"),
  },
  examples: [
    "wire up alice",
    "wire up alice@relay.example.org",
    "wire up alice@http://127.0.0.1:8771",
    "wire up --with-local",
    "wire up",
  ],
  toInput: ([address], { name, withLocal, localRelay }) => ({
    address,
    name,
    withLocal,
    localRelay,
  }),
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
