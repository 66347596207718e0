/** `wire peers`: who is pinned, and how far. */
import { peers } from "../../client/operations/peers.ts";
import { LEFT_TEXT } from "../../client/left_mailbox.ts";
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
      ui.line("no peers pinned yet; wire pair-host begins a pairing");
      return;
    }
    ui.table(
      ["PEER", "TIER", "DID"],
      output.map(({ handle, tier, did, request }) => [
        visible(handle),
        request ?? tier,
        visible(did),
      ]),
    );
    for (const { handle, next } of output) {
      if (next === undefined) continue;
      ui.line(`${visible(handle)} did not answer in time; ask again: ${visible(next)}`);
    }
    for (const { handle, mailbox } of output) {
      if (mailbox === "left") ui.line(`${visible(handle)} ${LEFT_TEXT}`);
    }
    for (const { handle, unused_endpoints = [] } of output) {
      for (const { reason, next } of unused_endpoints) {
        ui.line(`nothing is sent to ${visible(handle)} there: ${visible(reason)}`);
        ui.line(`  to allow it: ${visible(next)}`);
      }
    }
    ui.line();
    ui.line("Identity checks (compare them once, by voice):");
    for (const { handle, identity_check } of output) {
      // On a line of its own, so that it is never cut: half of it proves nothing.
      ui.line(`  ${visible(handle)}`);
      ui.line(`    ${identity_check ?? "none"}`);
    }
  },
} satisfies Command<typeof peers>;
