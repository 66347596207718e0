/** `wire relay-admin stats`: a relay's store in numbers. */
import { z } from "zod";
import type { Operation } from "../../client/operation.ts";
import { openAdminStore } from "../../store/admin/admin_store.ts";
import { storeTotals } from "../../store/admin/store_totals.ts";
import type { Command } from "../command.ts";
import { humanBytes, PLACE_OPTIONS, PlaceInput, placeOf } from "./relay_admin_place.ts";

const StatsOutput = z.object({
  bytes: z.number(),
  counters: z.record(z.string(), z.number()),
  events: z.number(),
  file_bytes: z.number().nullable(),
  grants_live: z.number(),
  grants_revoked: z.number(),
  slots: z.number(),
  slots_owner: z.number(),
  slots_retired: z.number(),
});

const relayAdminStats = {
  input: PlaceInput,
  output: StatsOutput,
  async run(context, input) {
    const { platform } = context;
    await using store = await openAdminStore(placeOf(context, input), platform);
    const totals = await storeTotals(store.kv);
    const file = store.file === undefined ? undefined : await platform.files.stat(store.file);
    return {
      bytes: totals.bytes,
      counters: { ...totals.counters },
      events: totals.events,
      file_bytes: file?.size ?? null,
      grants_live: totals.grantsLive,
      grants_revoked: totals.grantsRevoked,
      slots: totals.slots,
      slots_owner: totals.slotsOwner,
      slots_retired: totals.slotsRetired,
    };
  },
} satisfies Operation<typeof PlaceInput, typeof StatsOutput>;

export const command = {
  operation: relayAdminStats,
  usage: "",
  options: PLACE_OPTIONS,
  examples: [
    "wire relay-admin stats",
    "wire relay-admin stats --data /var/lib/wire",
    "wire relay-admin stats --kv https://kv.example.org --json",
  ],
  toInput: (_, options) => options,
  render(output, ui) {
    const { slots, slots_owner, slots_retired, events, bytes, file_bytes } = output;
    ui.field("mailboxes", `${slots} (${slots_owner} of owners, ${slots_retired} retired)`);
    ui.field("events", `${events}, ${humanBytes(bytes)}`);
    ui.field("grants", `${output.grants_live} live, ${output.grants_revoked} revoked`);
    if (file_bytes !== null) ui.field("file", humanBytes(file_bytes));
    for (const [name, count] of Object.entries(output.counters)) ui.line(`${name} ${count}`);
  },
} satisfies Command<typeof relayAdminStats>;
