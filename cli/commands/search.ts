/** `wire search`: words in all mail of this home. */
import { search } from "../../client/operations/search.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { integer, text } from "../options.ts";

export const command = {
  operation: search,
  usage: "<text...>",
  options: {
    peer: text("handle", "only mail from and to this peer"),
    since: text("time", "only later mail: 30m, 2h, 7d, 2w, 2026-11-01"),
    kind: text("kind", "only events of this kind or type"),
    limit: integer("n", "at most n, the newest first (20)", { min: 1, max: 10_000 }),
  },
  examples: [
    "wire search release notes",
    `wire search '"ship it"' --peer bob --since 7d`,
    "wire search deplo* --kind decision --json",
  ],
  toInput: (words, { peer, since, kind, limit }) => ({
    text: words.join(" "),
    peer,
    since,
    kind,
    limit,
  }),
  render({ messages, more }, ui, { input: { limit } }) {
    if (messages.length === 0) return ui.note("nothing found");
    for (const { event_id, peer, direction, kind, timestamp, snippet, verified } of messages) {
      const when = ui.style("dim", `[${visible(timestamp).slice(0, 19)}]`);
      const arrow = direction === "in" ? "←" : "→";
      const who = ui.style("bold", `${arrow} ${visible(peer)}/${visible(kind, { maxLength: 60 })}`);
      const mark = verified ? "" : ui.style("red", " NOT VERIFIED");
      ui.line(`${when} ${who} (${visible(event_id).slice(0, 12)})${mark} ${visible(snippet)}`);
    }
    if (more) ui.note(`there are more: --limit ${limit * 2}`);
  },
} satisfies Command<typeof search>;
