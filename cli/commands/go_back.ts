/** `wire go-back`: prepares this home for the program of 0.5.19. */
import { goBack } from "../../client/operations/go_back.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";

const list = (names: readonly string[]): string =>
  names.length === 0 ? "nobody" : names.map((name) => visible(name)).join(", ");

export const command = {
  operation: goBack,
  usage: "",
  options: {},
  examples: ["wire go-back", "wire go-back && wire doctor"],
  toInput: () => ({}),
  render(output, ui) {
    const { stopped_daemon, card, ended_pairings, mended } = output;
    ui.field("daemon", stopped_daemon === null ? "none ran" : `stopped (pid ${stopped_daemon})`);
    ui.field(
      "card",
      card.withdrawn.length === 0
        ? "says no more than 0.5.19 can do"
        : `says no more: ${list(card.withdrawn)}; sent to ${list(card.queued_for)}`,
    );
    if (ended_pairings.length > 0) ui.field("pairings", `ended: ${ended_pairings.join(", ")}`);
    if (mended.length > 0) ui.field("relay.json", `completed for ${list(mended)}`);
    for (const { relay_url, grants, token_holders } of output.mailboxes) {
      ui.field("mailbox", visible(relay_url));
      ui.line(`  - may post: ${list(grants)}`);
      ui.line(`  - may read: ${list(token_holders)}`);
    }
    for (const line of output.attention) {
      ui.line(`${ui.style("yellow", "!!")} ${visible(line)}`);
    }
    ui.line("this home is ready for wire 0.5.19; wire up makes it ours again");
  },
} satisfies Command<typeof goBack>;
