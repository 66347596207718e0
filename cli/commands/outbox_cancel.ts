/** `wire outbox cancel`: takes queued messages back. */
import { outboxCancel } from "../../client/operations/outbox_cancel.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: outboxCancel,
  usage: "<event-id...>",
  options: {},
  examples: ["wire outbox cancel 1fe8a0c2d3e4", "wire outbox cancel 1fe8a0c2d3e4 --json"],
  toInput: (ids) => ({ ids }),
  render({ cancelled, refused }, ui) {
    for (const { event_id, line, peer } of cancelled) {
      const what = line === undefined ? event_id : `line ${line}`;
      const why = line === undefined
        ? "no relay has said that it holds it"
        : "nobody had signed it";
      ui.line(`cancelled ${what} for ${visible(peer)}: ${why}`);
    }
    for (const { event_id, reason } of refused) {
      ui.line(`${ui.style("red", "not cancelled")} ${event_id}: ${visible(reason)}`);
    }
  },
} satisfies Command<typeof outboxCancel>;
