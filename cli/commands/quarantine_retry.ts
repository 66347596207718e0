/** `wire quarantine retry`: looks again at what was not accepted. */
import { quarantineRetry } from "../../client/operations/quarantine_retry.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: quarantineRetry,
  usage: "[keys...]",
  options: {},
  examples: ["wire quarantine retry", "wire quarantine retry 3fa1c2 --json"],
  toInput: (keys) => ({ keys }),
  render({ written, kept }, ui) {
    for (const { event_id, from } of written) {
      ui.line(`to the inbox: ${visible(event_id)} from ${visible(from)}`);
    }
    for (const { key, reason } of kept) ui.line(`kept: ${key.slice(0, 12)}: ${visible(reason)}`);
    if (written.length + kept.length === 0) ui.line("nothing is in quarantine");
  },
} satisfies Command<typeof quarantineRetry>;
