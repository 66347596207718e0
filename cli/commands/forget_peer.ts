/** `wire forget-peer`: undoes a pairing on our side. */
import { forgetPeer } from "../../client/operations/forget_peer.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { flag } from "../options.ts";

export const command = {
  operation: forgetPeer,
  usage: "<handle>",
  options: {
    purge: flag("also delete what was received from the peer and what is queued for it"),
  },
  examples: ["wire forget-peer bob", "wire forget-peer bob --purge --json"],
  toInput: ([handle], { purge }) => ({ handle, purge }),
  render(output, ui) {
    if ("removed" in output) ui.line(visible(output.reason));
    else {
      const places = [
        ...(output.removed_from_trust ? ["trust"] : []),
        ...(output.removed_from_relay_state ? ["relay state"] : []),
      ];
      ui.line(`forgot ${visible(output.handle)}: removed from ${places.join(" and ")}`);
    }
    for (const file of output.purged_files ?? []) ui.line(`  deleted ${visible(file)}`);
  },
} satisfies Command<typeof forgetPeer>;
