/** `wire block`: hears nothing more from a peer. */
import { block } from "../../client/operations/block.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { text } from "../options.ts";

export const command = {
  operation: block,
  usage: "<peer>",
  options: { note: text("text", "why, for your own memory") },
  examples: ["wire block mallory", 'wire block did:wire:mallory-0123abcd --note "floods us"'],
  toInput: ([peer], { note }) => ({ peer, note }),
  render(output, ui) {
    ui.line(`blocked ${visible(output.did)}`);
    ui.note(
      "  it still holds what it was given; wire rotate-slot revokes the token of our mailbox",
    );
  },
} satisfies Command<typeof block>;
