/** `wire relay-admin revoke`: closes a mailbox, or takes back one of its grants, for good. */
import { z } from "zod";
import type { Operation } from "../../client/operation.ts";
import { openAdminStore } from "../../store/admin/admin_store.ts";
import { revoke } from "../../store/admin/revoke.ts";
import type { Command } from "../command.ts";
import { PLACE_OPTIONS, PlaceInput, placeOf } from "./relay_admin_place.ts";

const RevokeInput = PlaceInput.extend({ slot: z.string(), grant: z.string().optional() });

const RevokeOutput = z.object({
  grant_id: z.string().optional(),
  slot_id: z.string(),
  status: z.enum(["retired", "revoked"]),
});

const relayAdminRevoke = {
  input: RevokeInput,
  output: RevokeOutput,
  async run(context, input) {
    const { platform } = context;
    const { slot, grant } = input;
    await using store = await openAdminStore(placeOf(context, input), platform);
    await revoke(store, { slot, grant }, platform.clock);
    return grant === undefined
      ? { slot_id: slot, status: "retired" }
      : { grant_id: grant, slot_id: slot, status: "revoked" };
  },
} satisfies Operation<typeof RevokeInput, typeof RevokeOutput>;

export const command = {
  operation: relayAdminRevoke,
  usage: "<slot> [grant]",
  options: PLACE_OPTIONS,
  examples: [
    "wire relay-admin revoke 4f0c1d2e3a4b5c6d7e8f901122334455",
    "wire relay-admin revoke 4f0c1d2e3a4b5c6d7e8f901122334455 0123456789abcdef --data /var/lib/wire",
  ],
  toInput: ([slot, grant], options) => ({ ...options, slot, grant }),
  render({ grant_id, slot_id, status }, ui) {
    ui.line(`${status} ${grant_id === undefined ? "" : `${grant_id} of `}${slot_id}`);
    if (status === "retired") ui.note("  its mail stays in the store; its tokens are answered 410");
  },
} satisfies Command<typeof relayAdminRevoke>;
