/** `wire relay-admin slots`: the mailboxes of a relay, without tokens and mail. */
import { z } from "zod";
import type { Operation } from "../../client/operation.ts";
import { visible } from "../../protocol/text/visible.ts";
import { openAdminStore } from "../../store/admin/admin_store.ts";
import { overviews } from "../../store/admin/store_slots.ts";
import type { Command } from "../command.ts";
import { flag } from "../options.ts";
import { humanBytes, PLACE_OPTIONS, PlaceInput, placeOf, timeOf } from "./relay_admin_place.ts";

const SlotsInput = PlaceInput.extend({ largest: z.boolean().optional() });

const SlotsOutput = z.array(z.object({
  acked: z.number(),
  bytes: z.number(),
  class: z.enum(["owner", "shared"]),
  created_at: z.string(),
  dropped: z.number(),
  events: z.number(),
  grants_live: z.number(),
  grants_revoked: z.number(),
  last_activity: z.string(),
  nicks: z.array(z.string()),
  retired: z.boolean(),
  slot_id: z.string(),
}));

const relayAdminSlots = {
  input: SlotsInput,
  output: SlotsOutput,
  async run(context, input) {
    await using store = await openAdminStore(placeOf(context, input), context.platform);
    const slots = await Array.fromAsync(overviews(store.kv), (slot) => ({
      acked: slot.acked,
      bytes: slot.bytes,
      class: slot.class,
      created_at: timeOf(slot.createdAt),
      dropped: slot.dropped,
      events: slot.events,
      grants_live: slot.liveGrants,
      grants_revoked: slot.revokedGrants,
      last_activity: timeOf(slot.lastActivityAt),
      nicks: [...slot.nicks],
      retired: slot.isRetired,
      slot_id: slot.id,
    }));
    return input.largest === true ? slots.sort((a, b) => b.bytes - a.bytes) : slots;
  },
} satisfies Operation<typeof SlotsInput, typeof SlotsOutput>;

export const command = {
  operation: relayAdminSlots,
  usage: "",
  options: { ...PLACE_OPTIONS, largest: flag("the fullest first") },
  examples: [
    "wire relay-admin slots --largest",
    "wire relay-admin slots --data /var/lib/wire --json",
  ],
  toInput: (_, options) => options,
  render(output, ui) {
    if (output.length === 0) return ui.line("no mailboxes");
    ui.table(
      ["SLOT", "CLASS", "EVENTS", "SIZE", "LAST ACTIVITY", "NICKS"],
      output.map((slot) => [
        slot.slot_id,
        slot.retired ? `${slot.class}, retired` : slot.class,
        String(slot.events),
        humanBytes(slot.bytes),
        slot.last_activity,
        visible(slot.nicks.join(" ")),
      ]),
    );
  },
} satisfies Command<typeof relayAdminSlots>;
