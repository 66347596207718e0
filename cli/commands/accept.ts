/** `wire accept`: accepts an invite. See docs/protocol/cli.md §6.8. */
import { accept } from "../../client/operations/accept.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: accept,
  usage: "<url>",
  options: {},
  examples: [
    "wire accept 'wire://pair?v=1&inv=…'",
    "wire accept https://relay.example.org/i/3f9a…",
  ],
  toInput: ([url]) => ({ url }),
  render({ paired_with, peer_handle }, ui) {
    ui.line(`paired with ${paired_with}`);
    ui.line(`their mailbox has our answer; ${peer_handle} can write to us once they have read it`);
    ui.line(`next: wire send ${peer_handle} 'hello'`);
  },
} satisfies Command<typeof accept>;
