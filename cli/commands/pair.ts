/** `wire pair`: asks somebody by address and waits for the answer. See docs/protocol/cli.md §6.4. */
import { pair } from "../../client/operations/pair.ts";
import type { Command } from "../command.ts";
import { integer, text } from "../options.ts";

export const command = {
  operation: pair,
  usage: "<handle>",
  options: {
    relay: text("url", "where to ask for the nick, in the place of https://<domain>"),
    timeout: integer("seconds", "how long to wait for the answer (300)", { max: 86_400 }),
  },
  examples: ["wire pair bob@relay.example.org"],
  toInput: ([handle], { relay, timeout }) => ({ handle, relay, timeout }),
  render({ paired_with, peer_handle, reachable, identity_check }, ui) {
    ui.line(`wire pair: paired with ${peer_handle}.`);
    ui.field("trust", `VERIFIED, ${paired_with}`);
    ui.field("reachable", reachable ? "yes" : "no: its mailbox did not answer");
    ui.field("check by voice", identity_check);
    ui.field("next", `wire send ${peer_handle} "hello"`);
  },
} satisfies Command<typeof pair>;
