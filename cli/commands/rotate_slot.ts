/** `wire rotate-slot`: another mailbox on the same relay. */
import { rotateSlot } from "../../client/operations/rotate_slot.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { flag } from "../options.ts";

export const command = {
  operation: rotateSlot,
  usage: "",
  options: {
    noAnnounce: flag("tell no peer: they go on posting to the old mailbox"),
    grants: flag("only if the relay can give each peer a token of its own"),
  },
  examples: ["wire rotate-slot", "wire rotate-slot --grants", "wire rotate-slot --no-announce"],
  toInput: (_, { noAnnounce, grants }) => ({ noAnnounce, grants }),
  render(output, ui) {
    ui.line(`rotated ${output.old_slot_id} to ${output.new_slot_id} on ${output.relay_url}`);
    const told = output.announced_to.map((peer) => visible(peer)).join(", ");
    ui.line(`announced to ${told === "" ? "nobody" : told}`);
    if (output.reclaimed !== undefined) ui.line(`reachable as ${output.reclaimed.join(", ")}`);
    ui.note(
      "  the old mailbox is read for at least 30 days; who held its token has none of the new",
    );
    ui.note("  one unless announced to");
  },
} satisfies Command<typeof rotateSlot>;
