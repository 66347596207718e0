/** One event that was not accepted, as the quarantine directory shows it to people. */
import type { WireEvent } from "../../protocol/event/event.ts";
import { hashesTo } from "../../protocol/event/event.ts";
import { hex, sha256 } from "../../protocol/identity/keys.ts";
import { isEventId } from "../../protocol/ids.ts";
import { parseJson } from "../../protocol/json/parse.ts";
import { printJson } from "../../protocol/json/print.ts";
import { isJsonObject, type Json, stringMember } from "../../protocol/json/value.ts";

export interface QuarantineRecord {
  /** What the event claims; "" when it claims none. */
  readonly event_id: string;
  /** As `rejected[].reason` said it: docs/protocol/cli.md §3.2. */
  readonly reason: string;
  /** Whether a later pin or version may explain it: then it is looked at again. */
  readonly transient: boolean;
  /** RFC 3339. */
  readonly first_seen: string;
  /** The event as it came: an object, or whatever the relay sent instead. */
  readonly event: Json;
}

/**
 * The record's name: the event id, or the hash of the bytes when the id is not its own. A forged
 * id thus never stands in the place of the real event.
 */
export function quarantineKey(event: WireEvent): string {
  return isEventId(event.id) && hashesTo(event, event.id) ? event.id : bytesKey(event.text);
}

/** For what is no event at all. @param text its stored form */
export const bytesKey = (text: string): string => `bytes-${hex(sha256(text))}`;

export const printRecord = (record: QuarantineRecord): string =>
  printJson({
    event: record.event,
    event_id: record.event_id,
    first_seen: record.first_seen,
    reason: record.reason,
    transient: record.transient,
  });

/** @returns undefined for a file that is not one of ours */
export function parseRecord(text: string): QuarantineRecord | undefined {
  let value: Json;
  try {
    value = parseJson(text);
  } catch {
    return undefined; // shown as unreadable by the directory itself; it holds nothing to act on
  }
  if (!isJsonObject(value) || value.event === undefined) return undefined;
  return {
    event_id: stringMember(value, "event_id") ?? "",
    reason: stringMember(value, "reason") ?? "",
    transient: value.transient === true,
    first_seen: stringMember(value, "first_seen") ?? "",
    event: value.event,
  };
}
