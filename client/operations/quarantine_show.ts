/** One quarantined event, with what it carries. */
import { z } from "zod";
import type { Json } from "../../protocol/json/value.ts";
import { isJson } from "../../store/home/json_file.ts";
import { Quarantine } from "../../store/mail/quarantine.ts";
import type { Operation } from "../operation.ts";
import { findRecord } from "../quarantine/find_records.ts";
import { shownContent, ShownRecord, shownRecord } from "../quarantine/shown_record.ts";

const QuarantineShowInput = z.object({
  /** The first digits of its key, or of its event id. */
  key: z.string(),
});

const QuarantineShowOutput = ShownRecord.extend({
  /** The file it stands in. */
  path: z.string(),
  /** What came, as JSON; null when it is none. */
  event: z.custom<Json>(isJson),
});

/** @throws {WireError} usage, not_found, unreadable */
export const quarantineShow = {
  input: QuarantineShowInput,
  output: QuarantineShowOutput,
  async run({ home: { platform: { files, clock }, paths: { stateRoot } } }, { key }) {
    const quarantine = new Quarantine({ files, clock, stateRoot });
    const found = findRecord(await quarantine.list(), key);
    return {
      ...shownRecord(found),
      path: quarantine.path(found.key),
      event: shownContent(found),
    };
  },
} satisfies Operation<typeof QuarantineShowInput, typeof QuarantineShowOutput>;
