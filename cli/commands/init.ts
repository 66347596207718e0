/** `wire init`: an identity, and with `--relay` a mailbox. */
import { init } from "../../client/operations/init.ts";
import type { Command } from "../command.ts";
import { text } from "../options.ts";

export const command = {
  operation: init,
  usage: "<handle>",
  options: {
    name: text("name", "the name on the card (the handle, capitalised)"),
    relay: text("url", "also get a mailbox on this relay"),
  },
  examples: [
    "wire init alice",
    "wire init alice --relay https://relay.example.org",
    "WIRE_HOME=~/wire-bob wire init bob --relay http://127.0.0.1:8771 --json",
  ],
  toInput: ([handle], { name, relay }) => ({ handle, name, relay }),
  render(output, ui) {
    ui.line(`initialized ${output.did} (ed25519:${output.key_id})`);
    ui.field("config dir", output.config_dir);
    if (output.relay_url === undefined) {
      ui.line("next: wire bind-relay <url>, then wire pair-host --relay <url>");
      return;
    }
    ui.field("mailbox", `${output.relay_url} (slot ${output.slot_id})`);
    ui.line(`next: wire pair-host --relay ${output.relay_url}`);
  },
} satisfies Command<typeof init>;
