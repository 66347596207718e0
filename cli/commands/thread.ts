/** `wire thread`: one thread as a conversation. */
import { thread } from "../../client/operations/thread.ts";
import { printJson } from "../../protocol/json/print.ts";
import { member } from "../../protocol/json/value.ts";
import { visible, visibleWhole } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { integer, text } from "../options.ts";

export const command = {
  operation: thread,
  usage: "<thread>",
  options: {
    peer: text("handle", "only what was said with this peer"),
    limit: integer("n", "at most n, the newest (50)", { min: 1, max: 10_000 }),
  },
  examples: [
    "wire thread 0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "wire thread 0f1e2d3c4b5a69788796a5b4c3d2e1f0 --peer bob --json",
  ],
  toInput: ([thread], { peer, limit }) => ({ thread, peer, limit }),
  render({ messages, more }, ui, { input: { limit } }) {
    if (messages.length === 0) return ui.note("no message is in that thread");
    if (more) ui.note(`there are older ones: --limit ${limit * 2}`);
    for (const { event_id, peer, direction, kind, timestamp, verified, raw } of messages) {
      const when = ui.style("dim", `[${visible(timestamp).slice(0, 19)}]`);
      const arrow = direction === "in" ? "←" : "→";
      const who = ui.style("bold", `${arrow} ${visible(peer)}/${visible(kind, { maxLength: 60 })}`);
      const mark = verified ? "" : ui.style("red", " NOT VERIFIED");
      const body = member(raw, "body") ?? null;
      const said = visibleWhole(typeof body === "string" ? body : printJson(body));
      ui.line(`${when} ${who} (${visible(event_id).slice(0, 12)})${mark} ${said}`);
    }
  },
} satisfies Command<typeof thread>;
