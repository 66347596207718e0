/** `wire monitor`: messages as they arrive. */
import { monitor } from "../../client/operations/monitor.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { flag, integer, text } from "../options.ts";

export const command = {
  operation: monitor,
  usage: "",
  options: {
    peer: text("handle", "only from this peer"),
    replay: integer("n", "first the last n that came before"),
    includeHandshake: flag("also what programs say to each other, such as pair drops"),
    intervalMs: integer("ms", "how often to look where the system cannot tell (500)", {
      floor: 50,
    }),
  },
  examples: ["wire monitor", "wire monitor --peer bob --replay 10", "wire monitor --json"],
  toInput: (_, { peer, replay, includeHandshake, intervalMs }) => ({
    peer,
    replay,
    includeHandshake,
    intervalMs,
  }),
  render(event, ui) {
    if ("stopped" in event) return ui.line(`monitor stopped: ${visible(event.stopped)}`);
    const when = ui.style("dim", `[${visible(event.timestamp).slice(0, 19)}]`);
    const what = ui.style(
      "bold",
      `${visible(event.peer)}/${visible(event.kind, { maxLength: 60 })}`,
    );
    const mark = event.verified ? "" : ui.style("red", " NOT VERIFIED");
    const id = visible(event.event_id).slice(0, 12);
    ui.line(`${when} ${what} (${id})${mark} ${visible(event.body_preview)}`);
  },
} satisfies Command<typeof monitor>;
