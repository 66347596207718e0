/** What a line of an outbox is, before anybody checks a signature. Pure. */
import { WireError } from "../../protocol/errors.ts";
import { parseEvent, type WireEvent } from "../../protocol/event/event.ts";
import { stringMember } from "../../protocol/json/value.ts";
import type { Line } from "./jsonl.ts";

export type OutboxLine =
  | { readonly tag: "blank" }
  /** Has an id and a signature, right or wrong. */
  | { readonly tag: "signed"; readonly event: WireEvent }
  /** What an agent appends: to be completed and signed (docs/protocol/cli.md §9 S9). */
  | { readonly tag: "partial"; readonly event: WireEvent }
  /** Never posted; shown in `status`. */
  | { readonly tag: "unusable"; readonly problem: string };

export function outboxLine({ text, problem }: Line): OutboxLine {
  if (text === undefined) return { tag: "unusable", problem: problem ?? "unreadable" };
  if (text.trim() === "") return { tag: "blank" };
  let event: WireEvent;
  try {
    event = parseEvent(text);
  } catch (error) {
    if (error instanceof WireError) return { tag: "unusable", problem: error.message };
    throw error;
  }
  const { value } = event;
  if (event.id !== "" && stringMember(value, "signature") !== undefined) {
    return { tag: "signed", event };
  }
  if (value.kind !== undefined || value.type !== undefined) return { tag: "partial", event };
  return { tag: "unusable", problem: 'it has neither "kind" nor "type"' };
}
