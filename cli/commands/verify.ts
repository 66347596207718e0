/** `wire verify`: is this event what its signer signed? */
import { verify } from "../../client/operations/verify.ts";
import type { Command } from "../command.ts";
import type { GapsFound } from "../../client/delivery/find_gaps.ts";
import { flag, text } from "../options.ts";
import type { Ui } from "../ui/ui.ts";
import { visible } from "../../protocol/text/visible.ts";

export const command = {
  operation: verify,
  usage: "[path]",
  options: {
    event: text("id", "a message that came or was sent, archived or not, instead of a file"),
    gaps: flag("whether something is missing of what peers have sent, instead"),
    peer: text("handle", "with --gaps, of this peer alone"),
  },
  examples: [
    "wire verify event.json",
    "wire tail bob --limit 1 --json | wire verify -",
    "wire verify --event 1fe8a0c2",
    "wire verify --gaps",
  ],
  toInput: ([path], { event, gaps, peer }) => ({ path, event, gaps, peer }),
  render(output, ui) {
    if ("gaps" in output) return renderGaps(output, ui);
    if (output.verified) ui.line(`verified ${ui.style("green", "✓")}`);
    else ui.note(`${ui.style("red", "FAILED", "stderr")}: ${visible(output.reason)}`);
  },
} satisfies Command<typeof verify>;

function renderGaps({ gaps }: GapsFound, ui: Ui): void {
  const shown = gaps.filter(({ missing, large_jumps, too_early }) =>
    missing + large_jumps.length + too_early.length > 0
  );
  if (shown.length === 0) return ui.line("nothing is missing between the messages that came");
  for (const { peer, missing, since, ranges, large_jumps, too_early } of shown) {
    const name = visible(peer);
    const numbers = ranges.length === 0 ? "" : `: ${rangesText(ranges)}`;
    if (missing > 0) ui.line(`missing ${missing} from ${name} since ${visible(since)}${numbers}`);
    if (large_jumps.length > 0) ui.line(`large jump from ${name}: ${rangesText(large_jumps)}`);
    if (too_early.length > 0) ui.line(`too early to say from ${name}: ${rangesText(too_early)}`);
  }
}

const rangesText = (ranges: readonly { readonly from: number; readonly to: number }[]): string =>
  ranges.map(({ from, to }) => from === to ? `${from}` : `${from}–${to}`).join(", ");
