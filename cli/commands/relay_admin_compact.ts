/** `wire relay-admin compact`: gives back the room of what is not needed any more. */
import { z } from "zod";
import type { Operation } from "../../client/operation.ts";
import { openAdminStore } from "../../store/admin/admin_store.ts";
import { compact } from "../../store/admin/compact.ts";
import type { Command } from "../command.ts";
import { integer } from "../options.ts";
import { humanBytes, PLACE_OPTIONS, PlaceInput, placeOf } from "./relay_admin_place.ts";

const DAY_MS = 24 * 3_600_000;

const CompactInput = PlaceInput.extend({ retain: z.int().min(1).optional() });

const CompactOutput = z.object({
  bytes: z.number(),
  events: z.number(),
  file_bytes_after: z.number().nullable(),
  file_bytes_before: z.number().nullable(),
});

const relayAdminCompact = {
  input: CompactInput,
  output: CompactOutput,
  async run(context, input) {
    const { platform } = context;
    await using store = await openAdminStore(placeOf(context, input), platform);
    const retainMs = input.retain === undefined ? undefined : input.retain * DAY_MS;
    const done = await compact(store, retainMs, platform);
    return {
      bytes: done.bytes,
      events: done.events,
      file_bytes_after: done.fileBytesAfter ?? null,
      file_bytes_before: done.fileBytesBefore ?? null,
    };
  },
} satisfies Operation<typeof CompactInput, typeof CompactOutput>;

export const command = {
  operation: relayAdminCompact,
  usage: "",
  options: {
    ...PLACE_OPTIONS,
    retain: integer("days", "first drop mail that its owner has read after so many days", {
      min: 1,
      max: 36_500,
    }),
  },
  examples: [
    "wire relay-admin compact",
    "wire relay-admin compact --retain 30 --data /var/lib/wire",
  ],
  toInput: (_, options) => options,
  render(output, ui) {
    ui.line(`dropped ${output.events} events that were read, ${humanBytes(output.bytes)}`);
    const { file_bytes_before: before, file_bytes_after: after } = output;
    if (before === null || after === null) {
      ui.note("  the KV server looks after its own file");
    } else ui.line(`the file has ${humanBytes(after)}, it had ${humanBytes(before)}`);
  },
} satisfies Command<typeof relayAdminCompact>;
