/**
 * daemon.pid and notify.pid: which process serves a home.
 * See docs/protocol/identity-and-events.md §17.
 */
import { z } from "zod";
import { JsonError, parseJson } from "../json/parse.ts";
import { plain } from "../json/value.ts";
import { visible } from "../text/visible.ts";

export const PID_SCHEMA = "wire-daemon-pid-v1";

/** Written pretty, in this order. */
export const PidRecord = z.looseObject({
  schema: z.string(),
  pid: z.int().positive(),
  bin_path: z.string(),
  version: z.string(),
  started_at: z.string(),
  did: z.string().nullish(),
  relay_url: z.string().nullish(),
});
export type PidRecord = z.infer<typeof PidRecord>;

export type PidFile =
  | { readonly tag: "missing" }
  | { readonly tag: "record"; readonly record: PidRecord }
  /** A bare number, as programs before 0.5.11 wrote. */
  | { readonly tag: "legacy"; readonly pid: number }
  | { readonly tag: "corrupt"; readonly detail: string };

/** Total. @param text the file's text, or undefined if there is no file */
export function readPidFile(text: string | undefined): PidFile {
  const trimmed = text?.trim() ?? "";
  if (trimmed === "") return { tag: "missing" };
  if (trimmed.startsWith("{")) return readRecord(trimmed);
  const pid = /^[0-9]{1,10}$/.test(trimmed) ? Number(trimmed) : 0;
  return pid > 0
    ? { tag: "legacy", pid }
    : { tag: "corrupt", detail: `expected int or JSON: ${JSON.stringify(trimmed.slice(0, 40))}` };
}

function readRecord(text: string): PidFile {
  let value: unknown;
  try {
    value = plain(parseJson(text));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { tag: "corrupt", detail: `JSON parse: ${error.message}` };
  }
  const parsed = PidRecord.safeParse(value);
  return parsed.success ? { tag: "record", record: parsed.data } : {
    tag: "corrupt",
    detail: `JSON parse: ${visible(z.prettifyError(parsed.error).replace(/\s+/g, " "))}`,
  };
}
