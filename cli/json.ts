/**
 * What `--json` prints: one compact value on one line. See docs/protocol/cli.md §1.2.
 */
import { printJson } from "../protocol/json/print.ts";
import { isJsonArray, isJsonObject, type Json } from "../protocol/json/value.ts";

/** C1 controls, DEL, line separators and what reorders text: JSON allows them, terminals obey them. */
const OBEYED = /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

export interface JsonLineOptions {
  /** The record's own members stay in their order (docs/protocol/cli.md §3); else sorted, as all below. */
  readonly ordered: boolean;
}

/**
 * @param value an operation's output; members that are `undefined` are left out
 * @returns one line without its end; characters that a terminal would obey are written as escapes
 */
export function jsonLine(value: Json, { ordered }: JsonLineOptions): string {
  const text = ordered ? inOrder(value) : printJson(value);
  return text.replace(
    OBEYED,
    (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

/** A record, or a list of records: their own members as they stand. */
function inOrder(value: Json): string {
  if (isJsonArray(value)) return `[${value.map(inOrder).join(",")}]`;
  if (!isJsonObject(value)) return printJson(value);
  const members: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${printJson(member)}`);
  }
  return `{${members.join(",")}}`;
}
