/** `wire pair-watch`: waits until a detached pairing reaches a status. */
import { pairWatch } from "../../client/operations/pair_watch.ts";
import { displaySas } from "../../protocol/pairing/sas.ts";
import type { Command } from "../command.ts";
import { integer, text } from "../options.ts";

export const command = {
  operation: pairWatch,
  usage: "<code>",
  options: {
    status: text("status", "polling, sas_ready, confirmed … (sas_ready)"),
    timeout: integer("seconds", "then give up, exit code 2 (300)", { max: 86_400 }),
  },
  examples: [
    "wire pair-watch 42-K7QX2M",
    "wire pair-watch 42-K7QX2M --status confirmed --timeout 60 --json",
  ],
  toInput: ([code], { status, timeout }) => ({ code, status, timeout }),
  render(output, ui) {
    if ("state" in output) return ui.line(`pair ${output.code} finalized; next: wire peers`);
    // What ends badly is an error, which the frame tells.
    if ("error" in output || output.status.startsWith("aborted")) return;
    const { code, status, sas } = output;
    const digits = sas === null ? "" : ` (SAS: ${displaySas(sas)})`;
    ui.line(`pair ${code} reached ${status}${digits}`);
    if (status === "sas_ready") {
      ui.note(`next: wire pair-confirm ${code} <the digits on the peer's screen>`);
    }
  },
} satisfies Command<typeof pairWatch>;
