/** `wire whoami`: this home's identity and mailbox. */
import { whoami } from "../../client/operations/whoami.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: whoami,
  usage: "",
  options: {},
  examples: ["wire whoami", "wire whoami --json"],
  toInput: () => ({}),
  render(output, ui) {
    ui.line(`${output.did} (ed25519:${output.key_id})`);
    ui.field("fingerprint", output.fingerprint);
    ui.field("capabilities", output.capabilities.join(", "));
    const mailbox = output.mailbox ?? "none; wire bind-relay <url> gets one";
    ui.field("mailbox", visible(mailbox));
  },
} satisfies Command<typeof whoami>;
