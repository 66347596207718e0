/** `wire pair-reject`: no to a request that waits. See docs/protocol/cli.md §6.6. */
import { pairReject } from "../../client/operations/pair_inbound.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: pairReject,
  usage: "<peer>",
  options: {},
  examples: ["wire pair-reject bob"],
  toInput: ([peer]) => ({ peer }),
  render({ peer, had_pending }, ui) {
    ui.line(had_pending ? `rejected ${peer}` : `no pending pair request from ${visible(peer)}`);
  },
} satisfies Command<typeof pairReject>;
