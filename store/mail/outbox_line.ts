/** What a line of an outbox is, before anybody checks a signature. Pure. */
import { parseEvent, type WireEvent } from "../../protocol/event/event.ts";
import { parseJson } from "../../protocol/json/parse.ts";
import { isJsonObject, type Json, type JsonObject, stringMember } from "../../protocol/json/value.ts";
import type { Line } from "./jsonl.ts";

export type OutboxLine =
  | { readonly tag: "blank" }
  /** Has an id and a signature, right or wrong. */
  | { readonly tag: "signed"; readonly event: WireEvent }
  /** What an agent appends: to be completed and signed (docs/protocol/cli.md §9 S9). */
  | { readonly tag: "partial"; readonly value: JsonObject }
  /** Never posted; shown in `status`. */
  | { readonly tag: "unusable"; readonly problem: string };

export function outboxLine({ text, problem }: Line): OutboxLine {
  if (text === undefined) return { tag: "unusable", problem: problem ?? "unreadable" };
  if (text.trim() === "") return { tag: "blank" };
  let value: Json;
  try {
    value = parseJson(text);
  } catch {
    return { tag: "unusable", problem: "not JSON" };
  }
  if (!isJsonObject(value)) return { tag: "unusable", problem: "not a JSON object" };
  const isSigned = stringMember(value, "event_id") !== undefined &&
    stringMember(value, "signature") !== undefined;
  if (isSigned) return { tag: "signed", event: parseEvent(text) };
  if (value.kind !== undefined || value.type !== undefined) return { tag: "partial", value };
  return { tag: "unusable", problem: 'it has neither "kind" nor "type"' };
}
