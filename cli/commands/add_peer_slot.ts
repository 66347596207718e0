/** `wire add-peer-slot`: a peer's mailbox by hand. */
import { addPeerSlot } from "../../client/operations/add_peer_slot.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: addPeerSlot,
  usage: "<handle> <url> <slot-id> <slot-token>",
  options: {},
  examples: [
    "wire add-peer-slot bob https://relay.example.org $SLOT_ID $SLOT_TOKEN",
    "cat bob.token | wire add-peer-slot bob https://relay.example.org $SLOT_ID -",
  ],
  toInput: ([handle, url, slotId, slotToken]) => ({ handle, url, slotId, slotToken }),
  render(output, ui) {
    ui.line(`pinned the mailbox of ${output.handle}: ${output.relay_url} (slot ${output.slot_id})`);
    ui.line(`next: wire status --peer ${output.handle}`);
  },
} satisfies Command<typeof addPeerSlot>;
