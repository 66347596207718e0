/** `wire quarantine list`: what came and was not accepted. */
import { quarantineList } from "../../client/operations/quarantine_list.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { integer } from "../options.ts";

/** As many digits as tell a thousand records apart. */
const KEY_DIGITS = 12;

export const command = {
  operation: quarantineList,
  usage: "",
  options: { limit: integer("n", "the newest n; 0 is all") },
  examples: ["wire quarantine list", "wire quarantine list --limit 20 --json"],
  toInput: (_, { limit }) => ({ limit }),
  render({ records, total, evicted, bounds }, ui) {
    if (total === 0) ui.line("nothing is in quarantine");
    else {
      ui.table(
        ["KEY", "SINCE", "CLAIMED SENDER", "REASON"],
        records.map(({ key, first_seen, from, reason }) => [
          key.slice(0, KEY_DIGITS),
          visible(first_seen).slice(0, 19),
          visible(from, { maxLength: 60 }),
          visible(reason, { maxLength: 200 }),
        ]),
      );
      ui.note("next: wire quarantine show KEY, retry KEY, or drop KEY");
    }
    if (evicted > 0) {
      const { records: most, days } = bounds;
      ui.note(`${evicted} more gave way to newer ones: ${most} records are kept, for ${days} days`);
    }
  },
} satisfies Command<typeof quarantineList>;
