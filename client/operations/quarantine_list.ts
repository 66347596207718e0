/** What came and was not accepted. See docs/protocol/identity-and-events.md §13.4. */
import { z } from "zod";
import { Quarantine } from "../../store/mail/quarantine.ts";
import { QUARANTINE_LIMITS } from "../../store/mail/quarantine_bounds.ts";
import type { Operation } from "../operation.ts";
import { ShownRecord, shownRecord } from "../quarantine/shown_record.ts";

const QuarantineListInput = z.object({
  /** The newest so many; 0: all. */
  limit: z.int().nonnegative().default(0),
});

const QuarantineListOutput = z.object({
  /** Oldest first. */
  records: z.array(ShownRecord),
  /** How many there are, shown or not, readable or not. */
  total: z.int(),
  /** How many the bounds have cost since the home was made. */
  evicted: z.int(),
  bounds: z.object({ records: z.int(), bytes: z.int(), days: z.int() }),
});

const DAY_MS = 24 * 60 * 60 * 1_000;

/** @throws {WireError} unreadable */
export const quarantineList = {
  input: QuarantineListInput,
  output: QuarantineListOutput,
  async run({ home: { platform: { files, clock }, paths: { stateRoot } } }, { limit }) {
    const quarantine = new Quarantine({ files, clock, stateRoot });
    const all = (await quarantine.list()).map(shownRecord);
    const { records, bytes, ageMs } = QUARANTINE_LIMITS;
    return {
      records: limit === 0 ? all : all.slice(-limit),
      total: await quarantine.count(),
      evicted: await quarantine.evicted(),
      bounds: { records, bytes, days: Math.floor(ageMs / DAY_MS) },
    };
  },
} satisfies Operation<typeof QuarantineListInput, typeof QuarantineListOutput>;
