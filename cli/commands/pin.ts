/** `wire pin`: pins a card that came by another way. */
import { pin } from "../../client/operations/pin.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: pin,
  usage: "<card-file>",
  options: {},
  examples: ["wire pin bob-card.json", "wire pin bob-card.json --json"],
  toInput: ([file]) => ({ file }),
  render(output, ui) {
    ui.line(`pinned ${visible(output.did)} as ${visible(output.handle)} (${output.tier})`);
    ui.line("Identity check (compare it with theirs once, by voice):");
    ui.line(`  ${output.identity_check}`);
    ui.line(`next: wire add-peer-slot ${visible(output.handle)} <url> <slot-id> <slot-token>`);
  },
} satisfies Command<typeof pin>;
