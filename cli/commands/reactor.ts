/** `wire reactor`: runs a command for messages as they come. */
import { reactor } from "../../client/operations/reactor.ts";
import { printJson } from "../../protocol/json/print.ts";
import { visible, visibleWhole } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { flag, integer, required, text } from "../options.ts";

export const command = {
  operation: reactor,
  usage: "",
  options: {
    onEvent: required("command", "what sh runs; the message is on its standard input"),
    peer: text("handle", "only for messages of this peer"),
    kind: text("kind", "only for messages of this kind"),
    verifiedOnly: flag("as always: what does not verify runs nothing"),
    includeHandshake: flag("also for what programs say to each other"),
    interval: integer("seconds", "how often to look where the system cannot tell (2)", {
      floor: 1,
      max: 86_400,
    }),
    once: flag("for what is there now, and the end"),
    dryRun: flag("print the messages, and run nothing"),
    maxPerMinute: integer("n", "commands a minute and peer; 0 is any number (6)"),
    maxChainDepth: integer("n", "0: also for answers to what this home sent (1)"),
    maxRunning: integer("n", "commands at the same time (4)", { min: 1, max: 64 }),
    timeout: integer("seconds", "what one command may take (300)", { min: 1, max: 86_400 }),
  },
  examples: [
    `wire reactor --on-event 'cat >> messages.jsonl'`,
    `wire reactor --peer bob --kind decision --on-event './on-decision.sh'`,
    `wire reactor --once --dry-run --on-event true`,
  ],
  toInput: (_, { json, ...options }) => ({
    ...options,
    // Its lines and ours would be mixed.
    output: json === true ? "stderr" : "stdout",
  }),
  render({ action, event_id, peer, kind, exit_code, raw }, ui) {
    if (raw !== undefined) return ui.line(visibleWhole(printJson(raw)));
    if (action === "skipped" || exit_code === 0) return;
    const how = exit_code === undefined ? visible(action) : `exit code ${exit_code}`;
    ui.note(`reactor: ${visible(peer)}/${visible(kind)} ${visible(event_id).slice(0, 12)}: ${how}`);
  },
} satisfies Command<typeof reactor>;
