/** `wire add`: asks somebody by address to be paired. See docs/protocol/cli.md §6.5. */
import { add } from "../../client/operations/add.ts";
import type { Command } from "../command.ts";
import { text } from "../options.ts";

export const command = {
  operation: add,
  usage: "<handle>",
  options: { relay: text("url", "where to ask for the nick, in the place of https://<domain>") },
  examples: ["wire add bob@relay.example.org"],
  toInput: ([handle], { relay }) => ({ handle, relay }),
  render({ handle, paired_with, peer_handle, status, identity_check }, ui) {
    ui.line(`→ resolved ${handle} as ${paired_with}`);
    ui.line(`→ identity check (compare it by voice): ${identity_check}`);
    if (status === "bilateral_accepted") {
      ui.line(`→ their request was waiting: paired with ${peer_handle}`);
      return;
    }
    ui.line("→ request sent; our mailbox is in it");
    ui.line(`→ PENDING_ACK until ${peer_handle} runs: wire pair-accept`);
  },
} satisfies Command<typeof add>;
