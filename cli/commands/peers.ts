/** `wire peers`: who is pinned, and how far. */
import { peers } from "../../client/operations/peers.ts";
import type { Command } from "../command.ts";
import { visible } from "../../protocol/text/visible.ts";

/** Two groups of 20 digits and a space. */
const CHECK_LENGTH = 41;

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
      ["PEER", "TIER", "DID"],
      output.map((peer) => [visible(peer.handle), peer.tier, visible(peer.did)]),
    );
    ui.line();
    ui.line("Identity checks; compare them by voice, once, with what the peer sees:");
    for (const { handle, identity_check } of output) {
      // Never cut: half of it proves nothing.
      ui.line(`  ${identity_check ?? "none".padEnd(CHECK_LENGTH)}  ${visible(handle)}`);
    }
  },
} satisfies Command<typeof peers>;
