/** Another mailbox on the same relay, with another token. See docs/protocol/cli.md §5.5. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { SHARED_COST } from "../grants/holders.ts";
import { relayUrlOf } from "../mailbox.ts";
import { moveMailbox } from "../move_mailbox.ts";
import type { Operation } from "../operation.ts";
import { featuresOf } from "../relay/features.ts";
import { ownRoutes } from "../sync/routes.ts";

const RotateSlotInput = z.object({
  /** Tell nobody: peers go on posting to the old mailbox. */
  noAnnounce: z.boolean().optional(),
  /** Only to a mailbox whose token is ours alone; without it that is so where the relay can. */
  grants: z.boolean().optional(),
});

const RotateSlotOutput = z.object({
  /** Handles of the peers whose mailbox took the notice. */
  announced_to: z.array(z.string()),
  new_slot_id: z.string(),
  old_slot_id: z.string(),
  /** Addresses of ours that name the new mailbox now; only where a nick was claimed. */
  reclaimed: z.array(z.string()).optional(),
  /** Nicks that do not name it yet: they are claimed again later. */
  nicks_waiting: z.array(z.string()).optional(),
  relay_url: z.string(),
  rotated: z.literal([true]),
});

/**
 * The old mailbox is read for another 30 days. Nicks that we claimed name the new one before anybody
 * is told; one that cannot be claimed again now is warned of, and claimed by a later pull. Peers that cannot be told now are warned of, and told
 * by a later pull.
 * @throws {WireError} not_initialized; not_found, without a mailbox; refused, if the relay has no
 * grants and `grants` wants them; and as featuresOf and moveMailbox
 */
export const rotateSlot = {
  input: RotateSlotInput,
  output: RotateSlotOutput,
  async run(context, { noAnnounce, grants: isAskingGrants }) {
    await context.home.readIdentity();
    const { self } = await context.home.readRelayState();
    const old = self?.slot_id;
    if (!self?.relay_url || !old || ownRoutes({ self, peers: {} }).length === 0) {
      throw new WireError("not_found", "self slot not bound — nothing to rotate", {
        hint: "get a mailbox: wire bind-relay <url>",
      });
    }
    const url = relayUrlOf(self.relay_url);
    if (isAskingGrants === true && !(await featuresOf(context, url)).has("grants")) {
      throw new WireError("refused", `Cannot rotate with --grants: ${SHARED_COST} (${url})`, {
        hint: "bind-relay --migrate-pinned moves to a relay that can, or leave --grants out",
      });
    }
    const { mailbox, told, nicks } = await moveMailbox(context, {
      url,
      owner: "wire rotate-slot",
      announce: noAnnounce !== true,
    });
    return {
      announced_to: [...told],
      new_slot_id: mailbox.slotId,
      old_slot_id: old,
      relay_url: mailbox.relayUrl,
      rotated: true as const,
      ...(nicks.claimed.length === 0 ? {} : { reclaimed: [...nicks.claimed] }),
      ...(nicks.waiting.length === 0
        ? {}
        : { nicks_waiting: nicks.waiting.map(({ nick }) => nick) }),
    };
  },
} satisfies Operation<typeof RotateSlotInput, typeof RotateSlotOutput>;
