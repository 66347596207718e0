/** `wire relay-admin import`: takes over the state directory of a 0.5.19 relay. */
import { z } from "zod";
import type { ClientContext } from "../../client/context.ts";
import type { Operation } from "../../client/operation.ts";
import { WireError } from "../../protocol/errors.ts";
import { visible } from "../../protocol/text/visible.ts";
import { type AdminStore, openAdminStore } from "../../store/admin/admin_store.ts";
import { importState } from "../../store/admin/reference/import_state.ts";
import type { Command } from "../command.ts";
import { flag } from "../options.ts";
import { PLACE_OPTIONS, PlaceInput, placeOf } from "./relay_admin_place.ts";

const ImportInput = PlaceInput.extend({ from: z.string().min(1), write: z.boolean().optional() });

const ImportOutput = z.object({
  counters: z.record(z.string(), z.number()),
  dry_run: z.boolean(),
  events: z.number(),
  events_new: z.number(),
  health_new: z.number(),
  history: z.number(),
  invites: z.number(),
  invites_new: z.number(),
  nicks: z.number(),
  nicks_new: z.number(),
  skipped: z.array(z.object({ file: z.string(), reason: z.string() })),
  slots: z.number(),
  slots_new: z.number(),
});

const relayAdminImport = {
  input: ImportInput,
  output: ImportOutput,
  async run(context, input) {
    const isDryRun = input.write !== true;
    await using store = await targetOf(context, input);
    const done = await importState(
      { from: input.from, kv: store?.kv, isShared: store?.isShared ?? false, isDryRun },
      context.platform,
    );
    return {
      counters: { ...done.counters },
      dry_run: isDryRun,
      events: done.events,
      events_new: done.eventsNew,
      health_new: done.healthNew,
      history: done.history,
      invites: done.invites,
      invites_new: done.invitesNew,
      nicks: done.nicks,
      nicks_new: done.nicksNew,
      skipped: [...done.skipped],
      slots: done.slots,
      slots_new: done.slotsNew,
    };
  },
} satisfies Operation<typeof ImportInput, typeof ImportOutput>;

/** @returns undefined if there is no store yet, and none is to be made */
async function targetOf(
  context: ClientContext,
  input: z.output<typeof ImportInput>,
): Promise<AdminStore | undefined> {
  const mayCreate = input.write === true;
  try {
    return await openAdminStore({ ...placeOf(context, input), mayCreate }, context.platform);
  } catch (error) {
    if (!mayCreate && error instanceof WireError && error.code === "not_found") return undefined;
    throw error;
  }
}

export const command = {
  operation: relayAdminImport,
  usage: "<directory>",
  options: {
    ...PLACE_OPTIONS,
    write: flag("do it; without it only what would be done is shown"),
  },
  examples: [
    "wire relay-admin import ~/.local/state/wire-relay --data /var/lib/wire",
    "wire relay-admin import ~/.local/state/wire-relay --data /var/lib/wire --write",
  ],
  toInput: ([from], options) => ({ ...options, from }),
  render(output, ui) {
    const { slots, events, nicks, invites } = output;
    ui.field("mailboxes", `${slots}, of which ${output.slots_new} new`);
    ui.field("events", `${events}, of which ${output.events_new} new`);
    ui.field("nicks", `${nicks}, of which ${output.nicks_new} new`);
    ui.field("invites", `${invites}, of which ${output.invites_new} new`);
    for (const { file, reason } of output.skipped) ui.line(visible(`left out: ${file}: ${reason}`));
    if (output.dry_run) ui.note("  nothing was written: add --write once that relay has stopped");
  },
} satisfies Command<typeof relayAdminImport>;
