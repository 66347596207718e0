/** `wire pair-list`: the pairings of this home, once or as they change. */
import { pairList } from "../../client/operations/pair_list.ts";
import { displaySas } from "../../protocol/pairing/sas.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { flag, integer } from "../options.ts";
import { shownName } from "./pairing_text.ts";

export const command = {
  operation: pairList,
  usage: "",
  options: {
    watch: flag("go on, with a JSON line for each change"),
    watchInterval: integer("seconds", "how often to look while watching (1)", {
      floor: 1,
      max: 3_600,
    }),
  },
  examples: ["wire pair-list", "wire pair-list --json", "wire pair-list --watch"],
  toInput: (_, { watch, watchInterval }) => ({ watch, watchInterval }),
  render(output, ui) {
    if (!Array.isArray(output)) return ui.json(output, { ordered: true });
    if (output.length === 0) return ui.line("no pending pair sessions.");
    ui.table(
      ["CODE", "ROLE", "STATUS", "SAS", "NOTE"],
      output.map((pair) => [
        pair.code,
        pair.role,
        pair.status,
        pair.sas === null ? "—" : displaySas(pair.sas),
        visible(pair.last_error ?? pair.waiting_for ?? pair.peer_did ?? ""),
      ]),
    );
    const ready = output.find(({ status }) => status === "sas_ready");
    if (ready !== undefined) {
      ui.note(
        `next: wire pair-confirm ${
          shownName(ready.code, ready.form)
        } <the digits on the peer's screen>`,
      );
    }
  },
} satisfies Command<typeof pairList>;
