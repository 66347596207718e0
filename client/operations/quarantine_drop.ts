/** Throws quarantined events away, as the operator says. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { Quarantine } from "../../store/mail/quarantine.ts";
import type { Operation } from "../operation.ts";
import { findRecord } from "../quarantine/find_records.ts";
import { ShownRecord, shownRecord } from "../quarantine/shown_record.ts";

const QuarantineDropInput = z.object({
  keys: z.array(z.string()),
  /** Everything that is there. */
  all: z.boolean().optional(),
}).refine(
  ({ keys, all }) => (keys.length > 0) !== (all === true),
  "expected keys, or --all",
);

const QuarantineDropOutput = z.object({
  dropped: z.array(ShownRecord),
  /** Read again from the directory. */
  left: z.int(),
});

/** All keys are checked before anything is removed. @throws {WireError} usage, not_found, write_failed */
export const quarantineDrop = {
  input: QuarantineDropInput,
  output: QuarantineDropOutput,
  async run({ home: { platform: { files, clock }, paths: { stateRoot } } }, { keys, all }) {
    const quarantine = new Quarantine({ files, clock, stateRoot });
    const records = await quarantine.list();
    const doomed = all === true
      ? records
      : [...new Set(keys.map((key) => findRecord(records, key)))];
    for (const { key } of doomed) await quarantine.remove(key);
    const there = new Set((await quarantine.list()).map(({ key }) => key));
    const stays = doomed.find(({ key }) => there.has(key));
    if (stays !== undefined) {
      throw new WireError("conflict", `Cannot drop ${stays.key}: it came again`);
    }
    return { dropped: doomed.map(shownRecord), left: await quarantine.count() };
  },
} satisfies Operation<typeof QuarantineDropInput, typeof QuarantineDropOutput>;
