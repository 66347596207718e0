/** `wire archive`: takes old messages out of the inbox files. */
import { archive } from "../../client/operations/archive.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { text } from "../options.ts";

const HELD = {
  receipts: "the peer is not told yet that they came: wire push",
  notify: "wire notify has not shown them: wire notify --once",
  reactor: "wire reactor has not come to them",
};

export const command = {
  operation: archive,
  usage: "",
  options: {
    peer: text("handle", "only the messages of this peer"),
    olderThan: text("time", "only older messages: 12h, 30d, 12w, 2026-11-01 (30d)"),
  },
  examples: ["wire archive", "wire archive --peer bob --older-than 12w"],
  toInput: (_, { peer, olderThan }) => ({ peer, olderThan }),
  render({ archived, held }, ui) {
    for (const { peer, messages, bytes, files } of archived) {
      ui.line(`archived ${messages} message(s) of ${visible(peer)}, ${bytes} bytes`);
      for (const file of files) ui.line(`  ${file}`);
    }
    if (archived.length === 0) ui.line("nothing to archive");
    for (const { peer, by } of held) {
      ui.note(`older messages of ${visible(peer)} stay: ${HELD[by]}`);
    }
  },
} satisfies Command<typeof archive>;
