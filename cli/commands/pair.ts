/**
 * `wire pair`: in one command, by address or by code. See docs/protocol/cli.md §6.4.
 */
import { pair, type PairOutput } from "../../client/operations/pair.ts";
import type { Command } from "../command.ts";
import { flag, text } from "../options.ts";
import type { Ui } from "../ui/ui.ts";
import { PAIRING_OPTIONS } from "./pairing_options.ts";
import { renderPairing } from "./pairing_text.ts";

export const command = {
  operation: pair,
  usage: "<handle>",
  options: {
    ...PAIRING_OPTIONS,
    code: text("code", "join with the code of the other side; without, this side makes one"),
    relay: text("url", "where both meet (https://wireup.net); with an address, where to ask"),
    compat: flag("make a code of 0.5.19, which the relay itself can guess"),
    noSetup: flag("leave the agent hosts of this machine as they are"),
  },
  examples: [
    "wire pair bob@relay.example.org",
    "wire pair alice --relay https://relay.example.org",
    "wire pair bob --code 4821-apple-river-stone --relay https://relay.example.org",
  ],
  toInput: ([handle], { relay, timeout, code, yes, detach, compat, noSetup }) => ({
    handle,
    relay,
    timeout,
    code,
    yes,
    detach,
    compat,
    noSetup,
  }),
  render(output, ui) {
    if ("status" in output) renderAddressed(output, ui);
    else renderPairing(output, ui);
  },
} satisfies Command<typeof pair>;

type Addressed = Extract<PairOutput, { status: "paired" }>;

function renderAddressed(output: Addressed, ui: Ui): void {
  const { paired_with, peer_handle, reachable, identity_check } = output;
  ui.line(`wire pair: paired with ${peer_handle}.`);
  ui.field("trust", `VERIFIED, ${paired_with}`);
  ui.field("reachable", reachable ? "yes" : "no: its mailbox did not answer");
  ui.field("check by voice", identity_check);
  ui.field("next", `wire send ${peer_handle} "hello"`);
}
