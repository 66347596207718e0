/** `wire pair-watch`: waits until a detached pairing reaches a status. */
import { DIGITS_SHOWN, pairWatch } from "../../client/operations/pair_watch.ts";
import { displaySas } from "../../protocol/pairing/sas.ts";
import type { Command } from "../command.ts";
import { integer, text } from "../options.ts";
import { shownName } from "./pairing_text.ts";

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
  render(output, ui, { input: { status: wanted = DIGITS_SHOWN } }) {
    if ("state" in output) return ui.line(`pair ${output.code} finalized; next: wire peers`);
    if ("error" in output) return; // the frame tells it
    const { code, status, sas, form } = output;
    const digits = sas === null ? "" : ` (SAS: ${displaySas(sas)})`;
    // Only what was waited for is the answer. What lies before it is progress, and a bad end an error.
    if (status !== wanted) {
      return status.startsWith("aborted") ? undefined : ui.note(`pair ${code}: ${status}${digits}`);
    }
    ui.line(`pair ${code} reached ${status}${digits}`);
    if (status === "sas_ready") {
      ui.note(`next: wire pair-confirm ${shownName(code, form)} <the digits on the peer's screen>`);
    }
  },
} satisfies Command<typeof pairWatch>;
