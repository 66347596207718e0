/**
 * Events as received: read without losing a byte that counts, and hashed.
 * See docs/protocol/identity-and-events.md §5 and §8.
 */
import { WireError } from "../errors.ts";
import { sha256Hex } from "../identity/keys.ts";
import { canonical, reprinted } from "../json/canonical.ts";
import { MAX_JSON_DEPTH } from "../json/limits.ts";
import { checkSize, repeatedMember } from "../json/parse.ts";
import { printJson } from "../json/print.ts";
import { JsonReader } from "../json/reader.ts";
import { isJsonObject, type Json, type JsonObject, stringMember } from "../json/value.ts";
import { hashInputOf } from "./hash_input.ts";
import { MAX_BODY_BYTES } from "./limits.ts";

/** What two hashes of an event are made from; {@linkcode WireEvent} has it. */
export interface Hashable {
  readonly value: Json;
  /** Canonical text (strict) with numbers as sent. */
  readonly hashInput: string;
  /** True if no program would write any number otherwise, so that there is only one hash. */
  readonly plainNumbers: boolean;
}

/** An event as received or made. Nothing is known about its truth before `verifyEvent`. */
export interface WireEvent extends Hashable {
  /** Stored form: what goes into files and over the wire, one line. */
  readonly text: string;
  readonly value: JsonObject;
  /** `event_id` if that is a string, else "". */
  readonly id: string;
}

/**
 * Reads one event, from a file's line or a relay.
 * @throws {JsonError} if it is not JSON, too large or deep, or has a repeated member at any depth
 * @throws {WireError} bad_input if it is not an object
 */
export function parseEvent(text: string): WireEvent {
  checkSize(text, MAX_BODY_BYTES);
  const reader = new JsonReader(text, MAX_JSON_DEPTH, 1);
  const value = reader.document();
  if (reader.repeated !== undefined) throw repeatedMember(reader.repeated);
  if (!isJsonObject(value)) {
    throw new WireError("bad_input", "Cannot read an event: expected a JSON object");
  }
  const isStored = reader.stored;
  return {
    text: isStored ? text : printJson(value),
    value,
    id: stringMember(value, "event_id") ?? "",
    hashInput: isStored
      ? hashInputOf(text, { start: 0, end: text.length, spans: reader.spans })
      : canonical(value, "event"),
    plainNumbers: reader.plainNumbers,
  };
}

/**
 * An event out of a larger value, for example an item of a relay's list.
 * @throws {JsonError} if it cannot be printed
 * @throws {WireError} bad_input if it is not an object
 */
export function eventFromJson(value: Json): WireEvent {
  return parseEvent(printJson(value));
}

/** Both ids that an event may carry: over its numbers as sent, and as the reference reprints them. */
export function eventHash(value: JsonObject): { asSent: string; reprinted: string } {
  return {
    asSent: sha256Hex(canonical(value, "event")),
    reprinted: sha256Hex(canonical(reprinted(value), "event")),
  };
}

/** True if the event hashes to this id in either form. Only lower-case hex can match. */
export function hashesTo(event: Hashable, id: string): boolean {
  if (sha256Hex(event.hashInput) === id) return true;
  return !event.plainNumbers && sha256Hex(canonical(reprinted(event.value), "event")) === id;
}

/** First half of the SHA-256 of a stored form, 32 hex digits: tells whether copies are the same. */
export const digestOf = (text: string): string => sha256Hex(text).slice(0, 32);
