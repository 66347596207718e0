/** `wire search`: words in all mail of this home, or one message of it. */
import type { z } from "zod";
import { search } from "../../client/operations/search.ts";
import { printJson } from "../../protocol/json/print.ts";
import { type JsonObject, member, stringMember } from "../../protocol/json/value.ts";
import { visible, visibleWhole } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { integer, text } from "../options.ts";
import type { Ui } from "../ui/ui.ts";

export const command = {
  operation: search,
  usage: "[text...]",
  options: {
    peer: text("handle", "only mail from and to this peer"),
    since: text("time", "only later mail: 30m, 2h, 7d, 2w, 2026-11-01"),
    kind: text("kind", "only events of this kind or type"),
    show: text("event", "the message of this id, or that begins so, as a whole, instead"),
    limit: integer("n", "at most n, the newest first (20)", { min: 1, max: 10_000 }),
  },
  examples: [
    "wire search release notes",
    `wire search '"ship it"' --peer bob --since 7d`,
    "wire search deplo* --kind decision --json",
    "wire search --show 1fe8a0c2",
  ],
  toInput: (words, { show, peer, since, kind, limit }) => ({
    text: words.join(" "),
    show,
    peer,
    since,
    kind,
    limit,
  }),
  render({ messages, more }, ui, { input: { limit } }) {
    if (messages.length === 0) return ui.note("nothing found");
    for (const message of messages) {
      if (message.raw !== undefined) {
        renderWhole(message, message.raw, ui);
        continue;
      }
      const { event_id, peer, direction, kind, timestamp, snippet, verified } = message;
      const when = ui.style("dim", `[${visible(timestamp).slice(0, 19)}]`);
      const arrow = direction === "in" ? "←" : "→";
      const who = ui.style("bold", `${arrow} ${visible(peer)}/${visible(kind, { maxLength: 60 })}`);
      const mark = verified ? "" : ui.style("red", " NOT VERIFIED");
      ui.line(`${when} ${who} (${visible(event_id).slice(0, 12)})${mark} ${visible(snippet)}`);
    }
    if (more) ui.note(`there are more: --limit ${limit * 2}`);
  },
} satisfies Command<typeof search>;

type Found = z.output<typeof search.output>["messages"][number];

/** Its body is its writer's text: each line of it one line that no terminal obeys. */
function renderWhole(message: Found, event: JsonObject, ui: Ui): void {
  const { event_id, peer, direction, kind, timestamp, verified } = message;
  ui.field("message", visible(event_id));
  ui.field(direction === "in" ? "from" : "to", visible(peer));
  ui.field("kind", visible(kind));
  ui.field("time", visible(timestamp));
  for (const [name, label] of [["thread", "thread"], ["reply_to", "answers"]] as const) {
    const value = stringMember(event, name);
    if (value !== undefined) ui.field(label, visible(value));
  }
  const mark = verified ? ui.style("green", "✓") : ui.style("red", "✗ NOT VERIFIED");
  ui.field("signature", mark);
  ui.line();
  const body = member(event, "body") ?? null;
  const text = typeof body === "string" ? body : printJson(body);
  for (const line of text.split(/\r?\n/)) ui.line(visibleWhole(line));
}
