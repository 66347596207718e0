/** `wire push`: posts what is queued, once. */
import { push } from "../../client/operations/push.ts";
import type { Command } from "../command.ts";
import { visible } from "../../protocol/text/visible.ts";

export const command = {
  operation: push,
  usage: "[peer]",
  options: {},
  examples: ["wire push", "wire push bob --json"],
  toInput: ([peer]) => ({ peer }),
  render(output, ui) {
    const detail = output.skipped.length === 0 ? "none" : "see --json for detail";
    ui.line(
      `pushed ${output.pushed.length} event(s); skipped ${output.skipped.length} (${detail})`,
    );
    for (const { peer, event_id, reason } of output.skipped) {
      if (reason !== "duplicate") {
        const event = event_id === "" ? "" : ` ${event_id.slice(0, 12)}`;
        ui.note(`  ${visible(peer)}${event}: ${visible(reason)}`);
      }
    }
  },
} satisfies Command<typeof push>;
