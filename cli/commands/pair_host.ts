/** `wire pair-host`: begins a pairing, and shows the code for the other side. */
import { pairHost } from "../../client/operations/pair_host.ts";
import type { Command } from "../command.ts";
import { flag, integer } from "../options.ts";
import { PAIRING_OPTIONS } from "./pairing_options.ts";
import { renderPairing } from "./pairing_text.ts";

export const command = {
  operation: pairHost,
  usage: "",
  options: {
    ...PAIRING_OPTIONS,
    words: integer("n", "words of the code, 3 (33 bits) or 4 (44)", { min: 3, max: 4 }),
    compat: flag("make a code of 0.5.19, which the relay itself can guess"),
  },
  examples: [
    "wire pair-host --relay http://127.0.0.1:8771",
    "wire pair-host --relay https://relay.example.org --detach --json",
    "echo y | wire pair-host --relay http://127.0.0.1:8771",
    "wire pair-host --relay https://wireup.net --compat",
  ],
  toInput: (_, { relay, yes, timeout, detach, words, compat }) => ({
    relay,
    yes,
    timeout,
    detach,
    words,
    compat,
  }),
  render: renderPairing,
} satisfies Command<typeof pairHost>;
