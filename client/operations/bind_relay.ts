/** A new mailbox on a relay. See docs/protocol/cli.md §5.2. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { visible } from "../../protocol/text/visible.ts";
import { nicksNaming, readClaimedNicks } from "../../store/home/claimed_nicks.ts";
import { grantsOn, readGrants } from "../../store/home/grants.ts";
import type { Home } from "../../store/home/home.ts";
import { mainMailbox } from "../grants/own_mailboxes.ts";
import { bindMailbox, relayUrlOf } from "../mailbox.ts";
import { moveMailbox } from "../move_mailbox.ts";
import type { Operation } from "../operation.ts";
import { acceptLostFeatures } from "../relay/features.ts";

const BindRelayInput = z.object({
  url: z.string(),
  /** Do so although pinned peers post to the old mailbox: it is still read, and they are told. */
  migratePinned: z.boolean().optional(),
  /** Go on with a relay that offers less than before; a mailbox that we have there stays ours. */
  acceptLostFeatures: z.boolean().optional(),
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
  async run(context, { url: text, migratePinned, acceptLostFeatures: isAccepting }) {
    const url = relayUrlOf(text);
    const { handle } = await context.home.readIdentity();
    const { self, peers } = await context.home.readRelayState();
    if (isAccepting === true) {
      const lost = await acceptLostFeatures(context, url);
      if (lost.length > 0) {
        context.warn(`from now on ${url} is used without: ${namesOf(lost)}`);
      }
      if (self?.relay_url === url && self.slot_id) {
        return { relay_url: url, slot_id: self.slot_id, slot_token_present: !!self.slot_token };
      }
    }
    const pinned = Object.keys(peers).sort();
    if (pinned.length > 0 && migratePinned !== true) {
      throw blackHole(pinned.length, namesOf(pinned));
    }
    const owner = "wire bind-relay";
    const { mailbox, told, untold } =
      self?.slot_id && (pinned.length > 0 || await isKnown(context.home))
        ? await moveMailbox(context, { url, owner, announce: true })
        : {
          mailbox: await bindMailbox(context, { url, handle, owner }),
          told: NOBODY,
          untold: NOBODY,
        };
    if (told.length > 0) context.warn(`told of the new mailbox: ${namesOf(told)}`);
    const left = pinned.filter((peer) => !told.includes(peer) && !untold.includes(peer));
    if (left.length > 0) {
      context.warn(
        `these peers still post to the old mailbox, pair with them again: ${namesOf(left)}`,
      );
    }
    return {
      relay_url: mailbox.relayUrl,
      slot_id: mailbox.slotId,
      slot_token_present: mailbox.slotToken !== "",
    };
  },
} satisfies Operation<typeof BindRelayInput, typeof BindRelayOutput>;

const NOBODY: readonly string[] = [];

/** Whether somebody may post to our mailbox who is not pinned yet: by a nick, or with a grant. */
async function isKnown(home: Home): Promise<boolean> {
  const main = mainMailbox(await home.readRelayState());
  if (main === undefined) return false;
  const [nicks, grants] = await Promise.all([readClaimedNicks(home), readGrants(home)]);
  return nicksNaming(nicks, main).length > 0 || grantsOn(grants, main).length > 0;
}

const namesOf = (peers: readonly string[]): string =>
  peers.map((peer) => visible(peer, { maxLength: 64 })).join(", ");

function blackHole(count: number, names: string): WireError {
  return new WireError(
    "conflict",
    `a new mailbox would silently black-hole ${count} pinned peer(s): ${names}`,
    {
      hint: "either keep this mailbox and pair on its relay,\n" +
        "or bind with --migrate-pinned, which tells those that can be told of the new one",
    },
  );
}
