/**
 * Events that we make: built so that every program reads and writes them alike, and signed.
 * See docs/protocol/identity-and-events.md §5, §7 and §8.
 */
import { WireError } from "../errors.ts";
import { displayHandle } from "../identity/did.ts";
import { keyId, type KeyPair, sha256, toBase64 } from "../identity/keys.ts";
import { canonical, mapNumbers } from "../json/canonical.ts";
import { stableNumber } from "../json/number.ts";
import { parseJson, utf8Length } from "../json/parse.ts";
import { printJson } from "../json/print.ts";
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  withMembers,
} from "../json/value.ts";
import { SCHEMA_VERSION } from "../version.ts";
import { MAX_BODY_DEPTH, MAX_EVENT_BYTES } from "./limits.ts";
import { parseEvent, type WireEvent } from "./read.ts";

export { MAX_BODY_BYTES, MAX_BODY_DEPTH, MAX_EVENT_BYTES } from "./limits.ts";
export {
  digestOf,
  eventFromJson,
  eventHash,
  type Hashable,
  hashesTo,
  parseEvent,
  type WireEvent,
} from "./read.ts";

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
