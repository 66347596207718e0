/** What of a line of inbox or outbox is searched. Pure. */
import { WireError } from "../../protocol/errors.ts";
import { parseEvent } from "../../protocol/event/event.ts";
import { isHandshakeNoise, kindNumber } from "../../protocol/event/kinds.ts";
import type { EpochMs } from "../../protocol/ids.ts";
import { printJson } from "../../protocol/json/print.ts";
import { type Json, member, stringMember } from "../../protocol/json/value.ts";
import { instantMs } from "../../protocol/text/instant.ts";

export interface IndexedLine {
  readonly eventId: string;
  readonly type: string;
  readonly kind: number;
  /** As it claims, but never after now. */
  readonly atMs: EpochMs;
  readonly text: string;
}

/** Of a longer body the beginning is found. */
const LONGEST_TEXT = 64 * 1024;

/** @returns undefined for what is no signed event, and for what programs say to each other */
export function messageIn(text: string | undefined, nowMs: EpochMs): IndexedLine | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  try {
    const { id, value } = parseEvent(text);
    const type = stringMember(value, "type") ?? "";
    const kind = kindNumber(member(value, "kind"));
    if (id === "" || isHandshakeNoise(type, kind)) return undefined;
    const atMs = Math.min(instantMs(stringMember(value, "timestamp")) ?? 0, nowMs);
    return { eventId: id, type, kind, atMs, text: bodyText(member(value, "body") ?? null) };
  } catch (error) {
    if (error instanceof WireError) return undefined; // torn or foreign, as for every reader
    throw error;
  }
}

/** SQLite ends a text at its first NUL. */
function bodyText(body: Json): string {
  const text = typeof body === "string" ? body : printJson(body);
  return text.slice(0, LONGEST_TEXT).replaceAll("\0", " ");
}
