/**
 * Events: read without losing a byte that counts, built, hashed, signed.
 * See docs/protocol/identity-and-events.md §5, §7 and §8.
 */
import { WireError } from "../errors.ts";
import { displayHandle } from "../identity/did.ts";
import { keyId, type KeyPair, sha256, sha256Hex, toBase64 } from "../identity/keys.ts";
import { canonical, mapNumbers, reprinted } from "../json/canonical.ts";
import { MAX_JSON_DEPTH } from "../json/limits.ts";
import { stableNumber } from "../json/number.ts";
import { checkSize, parseJson, repeatedMember, utf8Length } from "../json/parse.ts";
import { printJson } from "../json/print.ts";
import { JsonReader } from "../json/reader.ts";
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  stringMember,
  withMembers,
} from "../json/value.ts";
import { SCHEMA_VERSION } from "../version.ts";
import { hashInputOf } from "./hash_input.ts";
import { MAX_BODY_BYTES, MAX_BODY_DEPTH, MAX_EVENT_BYTES } from "./limits.ts";

export { MAX_BODY_BYTES, MAX_BODY_DEPTH, MAX_EVENT_BYTES } from "./limits.ts";

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

export interface EventInput {
  /** Our full DID. */
  readonly from: string;
  /** The pinned DID if there is one, else `did:wire:<handle>`. */
  readonly to: string;
  /** What the user typed as kind. */
  readonly type: string;
  /** Its number, see `kindOf`. */
  readonly kind: number;
  readonly body: Json;
  /** RFC 3339, now. */
  readonly timestamp: string;
  /** RFC 3339, see `parseDeadline`; advisory. */
  readonly deadline?: string;
}

/**
 * An event ready to be signed. Numbers in the body are written so that every program reads and
 * writes them alike.
 * @throws {WireError} usage if the body is too deep, has a number without stable spelling, or makes
 * the signed event larger than 256 KiB
 */
export function buildEvent(input: EventInput): JsonObject {
  const unsigned = withMembers({
    schema_version: SCHEMA_VERSION,
    timestamp: input.timestamp,
    from: input.from,
    to: input.to,
    type: input.type,
    kind: input.kind,
    body: stableBody(input.body),
  }, input.deadline === undefined ? {} : { time_sensitive_until: input.deadline });
  // Names, separators and values of the three members that signing adds; the values' lengths are fixed.
  const computed = printJson({
    event_id: "0".repeat(64),
    public_key_id: `${displayHandle(input.from)}:00000000`,
    signature: "0".repeat(88),
  });
  checkEventSize(utf8Length(printJson(unsigned)) + utf8Length(computed) - 1);
  return unsigned;
}

function stableBody(body: Json): Json {
  if (depthOf(body) > MAX_BODY_DEPTH) {
    throw new WireError(
      "usage",
      `Cannot send the body: it is nested more than ${MAX_BODY_DEPTH} levels deep`,
    );
  }
  // Printing first turns JavaScript's own numbers into text.
  return mapNumbers(parseJson(printJson(body)), (lexeme) => {
    const stable = stableNumber(lexeme);
    if (stable !== undefined) return stable;
    throw new WireError(
      "usage",
      `Cannot send the number ${lexeme.slice(0, 40)}: programs do not agree on its spelling`,
      { hint: "send it as a string" },
    );
  });
}

function depthOf(value: Json): number {
  if (!isJsonArray(value) && !isJsonObject(value)) return 0;
  let deepest = 0;
  let level: Json[] = [value];
  while (level.length > 0) {
    deepest += 1;
    if (deepest > MAX_BODY_DEPTH) return deepest;
    level = level.flatMap(childContainers);
  }
  return deepest;
}

function childContainers(value: Json): Json[] {
  const children = isJsonArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
  return children.filter((child) => child !== undefined).filter((child) =>
    isJsonArray(child) || isJsonObject(child)
  );
}

function checkEventSize(bytes: number): void {
  if (bytes <= MAX_EVENT_BYTES) return;
  throw new WireError(
    "usage",
    `Cannot send the event: it has ${bytes} bytes, and relays take ${MAX_EVENT_BYTES}`,
  );
}

export interface Signer {
  readonly did: string;
  readonly keys: KeyPair;
}

/**
 * Adds `event_id`, `public_key_id` and `signature`; those that are there already are replaced.
 * @throws {WireError} usage if the signed event is larger than 256 KiB
 * @throws {JsonError} if it cannot be printed
 */
export function signEvent(unsigned: JsonObject, signer: Signer): WireEvent {
  const id = sha256(canonical(unsigned, "event"));
  const text = printJson(withMembers(unsigned, {
    event_id: id.toHex(),
    public_key_id: keyId(displayHandle(signer.did), signer.keys.publicKey),
    signature: toBase64(signer.keys.sign(id)),
  }));
  checkEventSize(utf8Length(text));
  return parseEvent(text);
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
