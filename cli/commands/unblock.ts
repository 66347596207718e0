/** `wire unblock`: hears from a blocked peer again. */
import { unblock } from "../../client/operations/block.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: unblock,
  usage: "<peer>",
  options: {},
  examples: ["wire unblock mallory", "wire unblock did:wire:mallory-0123abcd --json"],
  toInput: ([peer]) => ({ peer }),
  render: ({ did, was_blocked }, ui) =>
    ui.line(`${visible(did)} ${was_blocked ? "is blocked no longer" : "was not blocked"}`),
} satisfies Command<typeof unblock>;
