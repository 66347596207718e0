/** `wire pair-join`: joins a pairing with the code of the host. */
import { pairJoin } from "../../client/operations/pair_join.ts";
import type { Command } from "../command.ts";
import { askForCode } from "../ui/ask_code.ts";
import { PAIRING_OPTIONS } from "./pairing_options.ts";
import { renderPairing } from "./pairing_text.ts";

export const command = {
  operation: pairJoin,
  usage: "[code]",
  options: PAIRING_OPTIONS,
  examples: [
    "wire pair-join --relay http://127.0.0.1:8771",
    "wire pair-join 4821-apple-river-stone --relay http://127.0.0.1:8771",
    "wire pair-join 42-K7QX2M --relay https://relay.example.org --detach",
  ],
  async toInput([typed], { relay, yes, timeout, detach }, platform) {
    const code = typed ?? await askForCode(platform);
    return { code, relay, yes, timeout, detach, codeIsPublic: typed !== undefined };
  },
  render: renderPairing,
} satisfies Command<typeof pairJoin>;
