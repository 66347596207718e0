/** `wire session destroy`: removes a session with its keys and its mail. */
import { sessionDestroy } from "../../client/operations/session_destroy.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { flag } from "../options.ts";

export const command = {
  operation: sessionDestroy,
  usage: "<name>",
  options: {
    force: flag("without it nothing is removed"),
    keepMailboxes: flag("leave its mailboxes and nicks to a copy of the session elsewhere"),
  },
  examples: [
    "wire session destroy reviewer --force",
    "wire session destroy reviewer --force --json",
  ],
  toInput: ([name], { force, keepMailboxes }) => ({ name, force, keepMailboxes }),
  render(output, ui) {
    if (!output.destroyed) {
      ui.line(`${output.name}: ${output.reason}`);
      return;
    }
    ui.line(`destroyed session ${output.name}`);
    for (const { relay_url, slot_id } of output.closed.mailboxes) {
      ui.line(`closed its mailbox on ${visible(relay_url)} (slot ${slot_id})`);
    }
    for (const nick of output.closed.nicks) ui.line(`gave back ${visible(nick)}`);
    const { mailboxes, nicks, peers } = output.left_behind;
    for (const { relay_url, slot_id, why } of mailboxes) {
      const mailbox = `the mailbox on ${visible(relay_url)} (slot ${slot_id})`;
      ui.note(`note: ${mailbox} is still open, and nobody can close it now: ${visible(why)}`);
    }
    for (const nick of nicks) ui.note(`note: ${visible(nick)} still leads there`);
    if (peers.length > 0) {
      const names = peers.map((peer) => visible(peer, { maxLength: 64 })).join(", ");
      ui.note(`note: this key is pinned by: ${names}`);
      ui.note(`note: on their side it ends with: wire forget-peer ${output.name}`);
    }
  },
} satisfies Command<typeof sessionDestroy>;
