/**
 * The text that is hashed or signed, with numbers as they came or as the reference reprints them.
 * A verifier accepts either. See docs/protocol/identity-and-events.md §5.
 */
import { JsonError } from "./json_error.ts";
import { reprintNumber } from "./number.ts";
import { printJson } from "./print.ts";
import { COMPUTED_MEMBERS } from "./reader.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "./value.ts";

/** Members left out, at the top level only: a card keeps an `event_id`. */
const STRIPPED = {
  card: new Set(["public_key_id", "signature"]),
  event: COMPUTED_MEMBERS,
} as const;

/**
 * Canonical text: non-strict for a card (whose signature is over these bytes), strict for an event
 * (whose id is their SHA-256). Numbers stay as they are in the value.
 * @throws {JsonError} as printJson
 */
export function canonical(value: Json, form: "card" | "event"): string {
  if (!isJsonObject(value)) return printJson(value);
  const kept: Record<string, Json | undefined> = Object.create(null);
  for (const [name, item] of Object.entries(value)) {
    if (!STRIPPED[form].has(name)) kept[name] = item;
  }
  return printJson(kept);
}

/**
 * The same value with every number as the reference writes it after reading it.
 * @throws {JsonError} number_range for a number that the reference cannot read
 */
export function reprinted(value: JsonObject): JsonObject;
export function reprinted(value: Json): Json;
export function reprinted(value: Json): Json {
  return mapNumbers(value, reprintNumber);
}

/** The same value with every {@linkcode JsonNumber} rewritten; `undefined` refuses the value. */
export function mapNumbers(value: Json, rewrite: (lexeme: string) => string | undefined): Json {
  if (value instanceof JsonNumber) {
    const text = rewrite(value.text);
    if (text === undefined) {
      throw new JsonError("number_range", `Cannot use the number ${value.text.slice(0, 40)}`);
    }
    return new JsonNumber(text);
  }
  if (isJsonArray(value)) return value.map((item) => mapNumbers(item, rewrite));
  if (!isJsonObject(value)) return value;
  const object: Record<string, Json> = Object.create(null);
  for (const [name, item] of Object.entries(value)) {
    if (item !== undefined) object[name] = mapNumbers(item, rewrite);
  }
  return object;
}
