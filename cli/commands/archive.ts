/** `wire archive`: takes old messages out of the inbox and outbox files. */
import { archive } from "../../client/operations/archive.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { text } from "../options.ts";

const HELD = {
  receipts: "the peer is not told yet that they came: wire push",
  notify: "wire notify has not shown them: wire notify --once",
  reactor: "wire reactor has not come to them",
  delivery: "no relay has stored them: wire outbox list",
  signing: "a line of an agent is half signed: wire push",
};

export const command = {
  operation: archive,
  usage: "",
  options: {
    peer: text("handle", "only the messages of this peer, and those to it"),
    olderThan: text("time", "only older messages: 12h, 30d, 12w, 2026-11-01 (30d)"),
  },
  examples: ["wire archive", "wire archive --peer bob --older-than 12w"],
  toInput: (_, { peer, olderThan }) => ({ peer, olderThan }),
  render({ archived, held }, ui) {
    for (const { peer, box, messages, bytes, files } of archived) {
      const way = box === "inbox" ? "of" : "to";
      ui.line(`archived ${messages} message(s) ${way} ${visible(peer)}, ${bytes} bytes`);
      for (const file of files) ui.line(`  ${file}`);
    }
    if (archived.length === 0) ui.line("nothing to archive");
    for (const { peer, by } of held) {
      const way = by === "delivery" || by === "signing" ? "to" : "of";
      ui.note(`older messages ${way} ${visible(peer)} stay: ${HELD[by]}`);
    }
  },
} satisfies Command<typeof archive>;
