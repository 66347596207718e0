/** `wire quarantine show`: one event that was not accepted. */
import { quarantineShow } from "../../client/operations/quarantine_show.ts";
import { printJson } from "../../protocol/json/print.ts";
import { visible, visibleWhole } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: quarantineShow,
  usage: "<key>",
  options: {},
  examples: ["wire quarantine show 3fa1c2", "wire quarantine show 3fa1c2 --json"],
  toInput: ([key]) => ({ key }),
  render(record, ui) {
    ui.field("key", record.key);
    ui.field("reason", visible(record.reason));
    ui.field("looked at again", record.transient ? "when trust changes" : "only by retry");
    ui.field("claimed sender", visible(record.from) || "none");
    ui.field("claimed id", visible(record.event_id) || "none");
    ui.field("since", visible(record.first_seen));
    ui.field("file", record.path);
    ui.field("content", `${record.bytes} bytes, not verified:`);
    ui.line(visibleWhole(printJson(record.event)));
  },
} satisfies Command<typeof quarantineShow>;
