/** A received event as watchers print it. Pure. See docs/protocol/cli.md §3.1. */
import { printJson } from "../../protocol/json/print.ts";
import { type JsonObject, member, stringMember } from "../../protocol/json/value.ts";
import { type InboxEvent, PREVIEW_CHARACTERS } from "../../protocol/schemas/inbox_event.ts";
import { shownEvent } from "../redact_tokens.ts";
import type { InboxItem } from "./inbox_watcher.ts";

/** Members stand in the order in which they are printed. */
export function inboxEvent({ peer, event }: InboxItem, verified: boolean): InboxEvent {
  const { id } = event;
  const value = shownEvent(event.value);
  return {
    peer,
    event_id: id,
    kind: kindTextOf(value),
    body_preview: preview(value),
    verified,
    timestamp: stringMember(value, "timestamp") ?? "",
    raw: value,
  };
}

/** An event's `type`, or its kind as JSON where it has none. */
export function kindTextOf(value: JsonObject): string {
  const type = stringMember(value, "type");
  const kind = member(value, "kind");
  return type ?? (kind === undefined ? "" : printJson(kind));
}

/** The beginning of its body, on however many lines. */
export function preview(value: JsonObject): string {
  const body = member(value, "body") ?? null;
  const text = typeof body === "string" ? body : printJson(body);
  // A character has at most two UTF-16 units, so the rest cannot show.
  return [...text.slice(0, 2 * PREVIEW_CHARACTERS)].slice(0, PREVIEW_CHARACTERS).join("");
}
