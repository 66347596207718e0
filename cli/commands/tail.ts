/** `wire tail`: received messages, oldest first. */
import { tail } from "../../client/operations/tail.ts";
import { printJson } from "../../protocol/json/print.ts";
import { type Json, type JsonObject, stringMember } from "../../protocol/json/value.ts";
import { visible, visibleWhole } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { flag, integer, text } from "../options.ts";

export const command = {
  operation: tail,
  usage: "[peer]",
  options: {
    limit: integer("n", "the newest n; with --since the next n after it; 0 is all"),
    since: text("event-id", "only what came after this event"),
    thread: text("thread", "only messages of this thread"),
    includeHandshake: flag("also what programs say to each other, such as pair drops"),
  },
  examples: [
    "wire tail --limit 20",
    "wire tail bob --json",
    "wire tail bob --since 1fe8a0c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e",
  ],
  toInput: ([peer], { limit, since, includeHandshake, thread, json }) => ({
    peer,
    limit,
    since,
    includeHandshake,
    thread,
    noteEmpty: json !== true,
  }),
  render(event, ui) {
    const verified = event["verified"] === true;
    const deadline = stringMember(event, "time_sensitive_until");
    const reply = stringMember(event, "reply_to");
    const head = [
      shownText(event, "timestamp"),
      shownText(event, "from"),
      `kind=${visible(inline(event["kind"]))}`,
      shownText(event, "type"),
      ...(reply === undefined ? [] : [`re: ${visible(reply).slice(0, 12)}`]),
      ...(deadline === undefined ? [] : [`deadline: ${visible(deadline)}`]),
    ].filter((part) => part !== "").join(" ");
    const mark = verified ? ui.style("green", "sig ✓") : ui.style("red", "sig ✗ NOT VERIFIED");
    ui.line(`[${head}] ${inline(event["body"])} | ${mark}`);
  },
} satisfies Command<typeof tail>;

const shownText = (event: JsonObject, name: string): string =>
  visible(stringMember(event, name) ?? "");

/** A text as it is, anything else as compact JSON, both on one line that no terminal obeys. */
const inline = (value: Json | undefined): string =>
  visibleWhole(typeof value === "string" ? value : value === undefined ? "" : printJson(value));
