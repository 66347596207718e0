/** A new mailbox on a relay. See docs/protocol/cli.md §5.2. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { visible } from "../../protocol/text/visible.ts";
import { bindMailbox, relayUrlOf } from "../mailbox.ts";
import type { Operation } from "../operation.ts";

const BindRelayInput = z.object({
  url: z.string(),
  /** Do so although pinned peers still post to the old mailbox. */
  migratePinned: z.boolean().optional(),
});

const BindRelayOutput = z.object({
  relay_url: z.string(),
  slot_id: z.string(),
  slot_token_present: z.boolean(),
});

/** @throws {WireError} not_initialized; conflict, if peers are pinned; and as bindMailbox */
export const bindRelay = {
  input: BindRelayInput,
  output: BindRelayOutput,
  async run(context, { url: text, migratePinned }) {
    const url = relayUrlOf(text);
    const { handle } = await context.home.readIdentity();
    const pinned = Object.keys((await context.home.readRelayState()).peers).sort();
    const names = pinned.map((peer) => visible(peer, { maxLength: 64 })).join(", ");
    if (pinned.length > 0 && migratePinned !== true) throw blackHole(pinned.length, names);
    const mailbox = await bindMailbox(context, { url, handle, owner: "wire bind-relay" });
    if (pinned.length > 0) {
      context.warn(`these peers still post to the old mailbox, pair with them again: ${names}`);
    }
    return {
      relay_url: mailbox.relayUrl,
      slot_id: mailbox.slotId,
      slot_token_present: mailbox.slotToken !== "",
    };
  },
} satisfies Operation<typeof BindRelayInput, typeof BindRelayOutput>;

function blackHole(count: number, names: string): WireError {
  return new WireError(
    "conflict",
    `a new mailbox would silently black-hole ${count} pinned peer(s): ${names}`,
    {
      hint: "either keep this mailbox and pair on its relay,\n" +
        "or bind with --migrate-pinned and then pair with each of them again",
    },
  );
}
