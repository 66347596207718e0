/** `wire quarantine drop`: throws away what was not accepted. */
import { quarantineDrop } from "../../client/operations/quarantine_drop.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { flag } from "../options.ts";

export const command = {
  operation: quarantineDrop,
  usage: "[keys...]",
  options: { all: flag("everything that is there") },
  examples: ["wire quarantine drop 3fa1c2", "wire quarantine drop --all"],
  toInput: (keys, { all }) => ({ keys, all }),
  render({ dropped, left }, ui) {
    for (const { key, from, reason } of dropped) {
      ui.line(`dropped ${key.slice(0, 12)} (${visible(from) || "no sender"}: ${visible(reason)})`);
    }
    ui.line(`${dropped.length} dropped, ${left} left`);
  },
} satisfies Command<typeof quarantineDrop>;
