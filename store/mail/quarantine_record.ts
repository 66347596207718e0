/**
 * One event that was not accepted, as the quarantine directory shows it to people: a first line
 * with what we say of it, a second with the event as it came.
 */
import { hex, sha256 } from "../../protocol/identity/keys.ts";

export interface QuarantineRecord {
  /** What the event claims; "" when it claims none. */
  readonly event_id: string;
  /** The claimed sender; "" when there is none. Nothing of it is proved. */
  readonly from: string;
  /** As `rejected[].reason` said it: docs/protocol/cli.md §3.2. */
  readonly reason: string;
  /** Whether a later pin or version may explain it: then it is looked at again. */
  readonly transient: boolean;
  /** RFC 3339. */
  readonly first_seen: string;
  /** The stored form of the event, or of whatever the relay sent instead. */
  readonly text: string;
}

/**
 * The record's name: the hash of all the bytes. The id of an event says nothing of its signature, so
 * a copy with another one would stand in the place of the real event.
 * @param text the stored form of the event, or of whatever came instead
 */
export const bytesKey = (text: string): string => `bytes-${hex(sha256(text))}`;

export function printRecord({ text, ...head }: QuarantineRecord): string {
  const { event_id, from, reason, transient, first_seen } = head;
  return `${JSON.stringify({ event_id, first_seen, from, reason, transient })}\n${text}\n`;
}

/** @returns undefined for a file that is not one of ours */
export function parseRecord(file: string): QuarantineRecord | undefined {
  const [first = "", text = ""] = file.split("\n");
  let head: unknown;
  try {
    head = JSON.parse(first);
  } catch {
    return undefined; // the caller counts it as there, and there is nothing in it to act on
  }
  if (typeof head !== "object" || head === null || text === "") return undefined;
  const string = (name: string): string => {
    const value: unknown = Reflect.get(head, name);
    return typeof value === "string" ? value : "";
  };
  return {
    event_id: string("event_id"),
    from: string("from"),
    reason: string("reason"),
    transient: Reflect.get(head, "transient") === true,
    first_seen: string("first_seen"),
    text,
  };
}
