/** A quarantined event as every face shows it. All of it but the reason is a stranger's own text. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { parseJson } from "../../protocol/json/parse.ts";
import { isJsonObject, type Json } from "../../protocol/json/value.ts";
import { utf8Length } from "../../protocol/json/parse.ts";
import type { KeyedRecord } from "../../store/mail/quarantine.ts";
import { shownEvent } from "../redact_tokens.ts";
import { shortKey } from "./find_records.ts";

export const ShownRecord = z.object({
  /** 64 hex digits; commands take the first few. */
  key: z.string(),
  /** What it claims; "" when it claims none. */
  event_id: z.string(),
  /** The claimed sender; nothing of it is proved. */
  from: z.string(),
  reason: z.string(),
  /** Whether a pin or a newer version may explain it: then it is looked at again by itself. */
  transient: z.boolean(),
  first_seen: z.string(),
  bytes: z.int(),
});
export type ShownRecord = z.output<typeof ShownRecord>;

export function shownRecord({ key, record }: KeyedRecord): ShownRecord {
  const { event_id, from, reason, transient, first_seen, text } = record;
  const bytes = utf8Length(text);
  return { key: shortKey(key), event_id, from, reason, transient, first_seen, bytes };
}

/** @returns without the tokens of mailboxes; null when what came is not JSON */
export function shownContent({ record }: KeyedRecord): Json {
  try {
    const value = parseJson(record.text);
    return isJsonObject(value) ? shownEvent(value) : value;
  } catch (error) {
    if (error instanceof WireError) return null; // somebody changed the record's file
    throw error;
  }
}
