/**
 * Members that say where a message belongs: signed, on kinds that everybody knows, so that 0.5.19
 * verifies and stores them untouched. Pure. See docs/protocol/extensions.md §7.
 */
import { type EventId, isEventId } from "../ids.ts";
import { isJsonArray, type Json, JsonNumber, type JsonObject, member } from "../json/value.ts";

/** Seqs of one event that are looked at. */
export const MOST_VOIDS = 256;

/** Where a message stands in what its sender has sent to one peer. */
export interface StreamPlace {
  /** 16 hex digits. */
  readonly stream: string;
  /** From 1. */
  readonly seq: number;
  /** The sender's event before it in that stream. */
  readonly prev?: EventId | undefined;
  /** Seqs that will never come. */
  readonly voids: readonly number[];
}

/** A thread: 32 hex digits. */
export const isThread = (text: unknown): text is string =>
  typeof text === "string" && /^[0-9a-f]{32}$/.test(text);

const isStream = (text: unknown): text is string =>
  typeof text === "string" && /^[0-9a-f]{16}$/.test(text);

/** The members as they are signed; what is not there is left out. */
export function streamMembers({ stream, seq, prev, voids }: StreamPlace): JsonObject {
  return {
    stream,
    seq,
    ...(prev === undefined ? {} : { prev }),
    ...(voids.length === 0 ? {} : { voids }),
  };
}

/** @returns undefined for an event without a place, or with one that makes no sense */
export function streamPlaceOf(event: JsonObject): StreamPlace | undefined {
  const stream = member(event, "stream");
  const seq = seqIn(member(event, "seq"));
  if (!isStream(stream) || seq === undefined) return undefined;
  const prev = member(event, "prev");
  const voids = member(event, "voids");
  return {
    stream,
    seq,
    ...(isEventId(prev) ? { prev } : {}),
    voids: isJsonArray(voids)
      ? voids.slice(0, MOST_VOIDS).flatMap((value) => seqIn(value) ?? [])
      : [],
  };
}

/** The thread of an event, if it says one. */
export function threadOf(event: JsonObject): string | undefined {
  const thread = member(event, "thread");
  return isThread(thread) ? thread : undefined;
}

/** The event that this one answers. */
export function repliesTo(event: JsonObject): EventId | undefined {
  const id = member(event, "reply_to");
  return isEventId(id) ? id : undefined;
}

function seqIn(value: Json | undefined): number | undefined {
  const number = value instanceof JsonNumber && /^[0-9]{1,16}$/.test(value.text)
    ? Number(value.text)
    : value;
  return Number.isSafeInteger(number) && typeof number === "number" && number >= 1
    ? number
    : undefined;
}
