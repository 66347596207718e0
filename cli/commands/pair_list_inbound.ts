/** `wire pair-list-inbound`: who asks to be paired. See docs/protocol/cli.md §6.6. */
import { pairListInbound } from "../../client/operations/pair_inbound.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: pairListInbound,
  usage: "",
  options: {},
  examples: ["wire pair-list-inbound", "wire pair-list-inbound --json"],
  toInput: () => ({}),
  render(output, ui) {
    if (output.length === 0) {
      ui.line("no pending inbound pair requests.");
      return;
    }
    ui.table(
      ["PEER", "RELAY", "RECEIVED", "DID"],
      output.map((it) =>
        [it.peer_handle, it.peer_relay_url, it.received_at, it.peer_did].map((text) =>
          visible(text)
        )
      ),
    );
  },
} satisfies Command<typeof pairListInbound>;
