/** `wire pair-accept`: yes to a request that waits. See docs/protocol/cli.md §6.6. */
import { pairAccept } from "../../client/operations/pair_inbound.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: pairAccept,
  usage: "<peer>",
  options: {},
  examples: ["wire pair-accept bob"],
  toInput: ([peer]) => ({ peer }),
  render({ paired_with, peer_handle, identity_check }, ui) {
    ui.line(`paired with ${paired_with}`);
    ui.line(`identity check (compare it by voice): ${identity_check}`);
    ui.line(`next: wire send ${peer_handle} 'hello'`);
  },
} satisfies Command<typeof pairAccept>;
