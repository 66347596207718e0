/** A line of the diagnostic trace as it may be shown. Pure. */
import { z } from "zod";
import { redacted } from "../../platform/redact.ts";
import { isEventId } from "../../protocol/ids.ts";

export const TraceEntry = z.object({
  payload: z.record(z.string(), z.unknown()),
  pid: z.int(),
  /** Seconds since 1970. */
  ts: z.int(),
  type: z.string(),
  version: z.string(),
});
export type TraceEntry = z.infer<typeof TraceEntry>;

/**
 * Other programs write here, too: what looks like a secret is replaced.
 * @returns undefined for a line that is none
 */
export function parseEntry(text: string): TraceEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // torn by a crash
  }
  const result = TraceEntry.safeParse(value);
  if (!result.success) return undefined;
  const entry = TraceEntry.safeParse(redacted(result.data));
  if (!entry.success) return undefined;
  const { payload, type } = result.data;
  // A cursor is the id of an event, which has the looks of a token.
  const advance_to = payload["advance_to"];
  return type === "pull" && isEventId(advance_to)
    ? { ...entry.data, payload: { ...entry.data.payload, advance_to } }
    : entry.data;
}
