/** `wire claim`: takes a nick in a relay's directory. See docs/protocol/cli.md §4. */
import { claim } from "../../client/operations/claim.ts";
import type { Command } from "../command.ts";
import { flag, text } from "../options.ts";

export const command = {
  operation: claim,
  usage: "<nick>",
  options: {
    relay: text("url", "the relay to claim on; a first mailbox is made there"),
    publicUrl: text("url", "where others reach that relay"),
    hidden: flag("leave the nick out of the phonebook"),
  },
  examples: ["wire claim bob", "wire claim bob --hidden"],
  toInput: ([nick], { relay, publicUrl, hidden }) => ({ nick, relay, publicUrl, hidden }),
  render({ nick, relay, response, resolves }, ui) {
    ui.line(`${response.status} ${nick}@${new URL(relay).host}`);
    if (!resolves) {
      ui.note("nobody finds it there yet: that relay does not answer who it is");
      ui.note(
        "  a relay for one machine (--local-only) has no directory; claim on another: --relay",
      );
      return;
    }
    ui.line(`others reach you with: wire add ${nick}@${new URL(relay).hostname} --relay ${relay}`);
  },
} satisfies Command<typeof claim>;
