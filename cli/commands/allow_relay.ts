/** `wire allow-relay`: peers' mailboxes on this machine or in a private network. */
import { allowRelay } from "../../client/operations/allow_relay.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { flag } from "../options.ts";

export const command = {
  operation: allowRelay,
  usage: "[url]",
  options: { remove: flag("take it back") },
  examples: ["wire allow-relay http://10.0.0.5:8770", "wire allow-relay"],
  toInput: ([url], { remove }) => ({ url, remove }),
  render({ allowed_relays }, ui) {
    if (allowed_relays.length === 0) return ui.line("no relay in a private network is allowed");
    for (const url of allowed_relays) ui.line(visible(url));
  },
} satisfies Command<typeof allowRelay>;
