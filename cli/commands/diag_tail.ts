/** `wire diag tail`: the last entries of the diagnostic trace. */
import { diagTail } from "../../client/operations/diag.ts";
import { visible, visibleWhole } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { integer } from "../options.ts";

export const command = {
  operation: diagTail,
  usage: "",
  options: { limit: integer("n", "the last n (20)", { min: 1, max: 100_000 }) },
  examples: ["wire diag tail", "wire diag tail --limit 100 --json"],
  toInput: (_, { limit }) => ({ limit }),
  render({ payload, pid, ts, type, version }, ui) {
    const what = `${visible(type)} ${visibleWhole(JSON.stringify(payload))}`;
    ui.line(`[${ts}] pid=${pid} version=${visible(version)} ${what}`);
  },
} satisfies Command<typeof diagTail>;
