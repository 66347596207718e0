/** `wire outbox list`: what no relay has stored yet. */
import { outboxList } from "../../client/operations/outbox_list.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { integer } from "../options.ts";

export const command = {
  operation: outboxList,
  usage: "[peer]",
  options: { limit: integer("n", "the newest n of each peer; 0 is all") },
  examples: ["wire outbox list", "wire outbox list bob --limit 20 --json"],
  toInput: ([peer], { limit }) => ({ peer, limit }),
  render({ messages, total }, ui) {
    if (total === 0) return ui.line("nothing waits: a relay has stored everything");
    ui.table(
      ["EVENT", "PEER", "KIND", "SINCE", "BODY"],
      messages.map(({ event_id, line, peer, kind, timestamp, body_preview, state }) => [
        visible(line ?? event_id).slice(0, 12),
        visible(peer),
        visible(kind, { maxLength: 40 }),
        state === "not_signed" ? "not signed" : visible(timestamp).slice(0, 19),
        visible(body_preview),
      ]),
    );
    if (messages.length < total) ui.note(`${messages.length} of ${total} are shown`);
    ui.note("next: wire push sends them, wire outbox cancel EVENT takes one back");
  },
} satisfies Command<typeof outboxList>;
