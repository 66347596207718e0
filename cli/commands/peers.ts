/** `wire peers`: who is pinned, and how far. */
import { peers } from "../../client/operations/peers.ts";
import type { Command } from "../command.ts";
import { visible } from "../../protocol/text/visible.ts";

export const command = {
  operation: peers,
  usage: "",
  options: {},
  examples: ["wire peers", "wire peers --json"],
  toInput: () => ({}),
  render(output, ui) {
    if (output.length === 0) {
      ui.line("no peers pinned yet; wire pair-host --relay <url> begins a pairing");
      return;
    }
    ui.table(
      ["PEER", "TIER", "DID", "IDENTITY CHECK"],
      output.map((peer) => [
        visible(peer.handle),
        peer.tier,
        visible(peer.did),
        peer.identity_check ?? "—",
      ]),
    );
  },
} satisfies Command<typeof peers>;
