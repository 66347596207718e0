/** `wire pull`: fetches and verifies what has come, once. */
import { pull } from "../../client/operations/pull.ts";
import type { Command } from "../command.ts";
import { visible } from "../../protocol/text/visible.ts";

export const command = {
  operation: pull,
  usage: "",
  options: {},
  examples: ["wire pull", "wire pull --json"],
  toInput: () => ({}),
  render(output, ui) {
    ui.line(`pulled ${output.written.length} event(s); rejected ${output.rejected.length}`);
    for (const { event_id, reason } of output.rejected) {
      ui.note(`  ${visible(event_id).slice(0, 12) || "(no id)"}: ${visible(reason)}`);
    }
    if (output.written.length > 0) ui.line("next: wire tail --limit 20");
  },
} satisfies Command<typeof pull>;
