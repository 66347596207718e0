/** `wire bind-relay`: a new mailbox on a relay. */
import { bindRelay } from "../../client/operations/bind_relay.ts";
import type { Command } from "../command.ts";
import { flag } from "../options.ts";

export const command = {
  operation: bindRelay,
  usage: "<url>",
  options: {
    migratePinned: flag("do so although peers are pinned: those that can be told are told"),
    acceptLostFeatures: flag("go on with a relay that offers less than before"),
  },
  examples: [
    "wire bind-relay https://relay.example.org",
    "wire bind-relay http://127.0.0.1:8771 --migrate-pinned",
  ],
  toInput: ([url], { migratePinned, acceptLostFeatures }) => ({
    url,
    migratePinned,
    acceptLostFeatures,
  }),
  render(output, ui) {
    ui.line(`bound to ${output.relay_url} (slot ${output.slot_id})`);
    ui.line(`next: wire pair-host --relay ${output.relay_url}`);
  },
} satisfies Command<typeof bindRelay>;
