/** `wire add`: asks somebody by address to be paired. See docs/protocol/cli.md §6.5. */
import { add } from "../../client/operations/add.ts";
import type { Command } from "../command.ts";
import { integer, text } from "../options.ts";

export const command = {
  operation: add,
  usage: "<handle>",
  options: {
    relay: text("url", "where to ask for the nick, in the place of https://<domain>"),
    ttl: integer("seconds", "how long an answer counts (604800)", { max: 31_536_000 }),
  },
  examples: ["wire add bob@relay.example.org", "wire add bob@http://127.0.0.1:8771"],
  toInput: ([handle], { relay, ttl }) => ({ handle, relay, ttl }),
  render({ handle, paired_with, peer_handle, status, identity_check, expires_at }, ui) {
    ui.line(`→ resolved ${handle} as ${paired_with}`);
    ui.line(`→ identity check (compare it by voice): ${identity_check}`);
    if (status === "bilateral_accepted") {
      ui.line(`→ their request was waiting: paired with ${peer_handle}`);
      return;
    }
    ui.line("→ request sent; our mailbox is in it");
    const until = expires_at === undefined ? "" : `, at the latest ${expires_at}`;
    ui.line(`→ PENDING_ACK until ${peer_handle} runs: wire pair-accept${until}`);
  },
} satisfies Command<typeof add>;
