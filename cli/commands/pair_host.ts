/** `wire pair-host`: begins a pairing, and shows the code for the other side. */
import { pairHost } from "../../client/operations/pair_host.ts";
import type { Command } from "../command.ts";
import { PAIRING_OPTIONS } from "./pairing_options.ts";
import { renderPairing } from "./pairing_text.ts";

export const command = {
  operation: pairHost,
  usage: "",
  options: PAIRING_OPTIONS,
  examples: [
    "wire pair-host --relay http://127.0.0.1:8771",
    "wire pair-host --relay https://relay.example.org --detach --json",
    "echo y | wire pair-host --relay http://127.0.0.1:8771",
  ],
  toInput: (_, { relay, yes, timeout, detach }) => ({ relay, yes, timeout, detach }),
  render: renderPairing,
} satisfies Command<typeof pairHost>;
