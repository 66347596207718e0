/**
 * What people say of themselves on their card: the fields, and what each may hold. Pure.
 * See docs/protocol/identity-and-events.md §22 and docs/protocol/extensions.md §14 ruling 6.
 */
import { WireError } from "../errors.ts";
import { mapNumbers } from "../json/canonical.ts";
import { JsonError } from "../json/json_error.ts";
import { stableNumber } from "../json/number.ts";
import { parseJson } from "../json/parse.ts";
import { quote } from "../json/quote.ts";
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  member,
  withMembers,
} from "../json/value.ts";
import { capabilitiesOfCard, OWN_CAPABILITIES } from "./capabilities.ts";
import { parseNickAtDomain } from "./did.ts";

export const PROFILE_FIELDS = [
  "display_name",
  "emoji",
  "motto",
  "vibe",
  "pronouns",
  "avatar_url",
  "handle",
  "now",
  "listed",
] as const;
export type ProfileField = typeof PROFILE_FIELDS[number];

/** Not a member of `profile`, but set the same way (docs/protocol/cli.md §9 S26). */
export const CAPABILITIES_FIELD = "capabilities";
export type CardField = ProfileField | typeof CAPABILITIES_FIELD;

/** What every profile that was edited says. */
const PROFILE_SCHEMA = "v0.5";
const MAX_VALUE_BYTES = 16_384;
const MAX_VALUE_DEPTH = 16;
const MAX_CAPABILITIES = 64;
const CAPABILITY = /^[a-z0-9][a-z0-9._-]{0,31}(\/[A-Za-z0-9][A-Za-z0-9._-]{0,31}){1,3}$/;
/** Of the program: what it can do is not for a person to say. */
const OWN_NAMESPACE = "wire/";

/** @throws {WireError} usage, naming the fields that there are */
export function cardField(name: string): CardField {
  if (name === CAPABILITIES_FIELD) return name;
  const field = PROFILE_FIELDS.find((known) => known === name);
  if (field !== undefined) return field;
  const known = [...PROFILE_FIELDS, CAPABILITIES_FIELD].join(", ");
  throw new WireError("usage", `unknown profile field ${quote(name)} (allowed: ${known})`);
}

/**
 * The value that a person typed: JSON, else the text itself; `null` clears.
 * @throws {WireError} usage, if it does not fit the field
 */
export function profileValue(field: ProfileField, text: string): Json {
  const value = readValue(field, text);
  if (value === null) return null;
  if (field === "handle") {
    const parsed = typeof value === "string" ? parseNickAtDomain(value) : undefined;
    if (parsed?.ok !== true) throw refusal(field, parsed?.message ?? "expected nick@domain");
  }
  if (field === "vibe" && !isJsonArray(value)) throw refusal(field, "expected an array");
  if (field === "now" && !isJsonObject(value)) throw refusal(field, "expected an object or null");
  return value;
}

function readValue(field: ProfileField, text: string): Json {
  if (new TextEncoder().encode(text).length > MAX_VALUE_BYTES) {
    throw refusal(field, `it has more than ${MAX_VALUE_BYTES} bytes`);
  }
  let value: Json;
  try {
    value = parseJson(text, { maxDepth: MAX_VALUE_DEPTH, repeatedMembers: "refuse" });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    if (!text.isWellFormed()) throw refusal(field, "half a character");
    return text; // as people type a motto
  }
  try {
    // Else the card's signature would not verify where numbers are read and written again.
    return mapNumbers(value, stableNumber);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw refusal(field, error.message);
  }
}

const refusal = (field: string, why: string): WireError =>
  new WireError("usage", `Cannot set profile.${field}: ${why}`);

/** The unsigned card with that field; `null` removes it, also `vibe` and `handle`. */
export function withProfileField(card: JsonObject, field: ProfileField, value: Json): JsonObject {
  const profile = withMembers(profileOf(card) ?? {}, {
    [field]: value === null ? undefined : value,
    schema_version: PROFILE_SCHEMA,
  });
  return withMembers(card, { profile });
}

/** The card's profile, or undefined if it has none. */
export function profileOf(card: JsonObject): JsonObject | undefined {
  const profile = member(card, "profile");
  return isJsonObject(profile) ? profile : undefined;
}

/**
 * What a person typed: a JSON list, or words with commas or spaces between.
 * @throws {WireError} usage
 */
export function capabilityList(text: string): string[] {
  const words = text.trim().startsWith("[") ? capabilitiesInJson(text) : text.split(/[\s,]+/);
  const named = [...new Set(words.filter((word) => word !== "" && word !== "null"))];
  const wrong = named.find((word) => !CAPABILITY.test(word));
  if (wrong !== undefined) {
    throw new WireError(
      "usage",
      `Cannot advertise ${quote(wrong)}: expected a name and a version, such as markdown/v1`,
    );
  }
  if (named.length <= MAX_CAPABILITIES) return named;
  throw new WireError("usage", `Cannot advertise more than ${MAX_CAPABILITIES} capabilities`);
}

function capabilitiesInJson(text: string): string[] {
  let list: Json = null;
  try {
    list = parseJson(text, { maxBytes: MAX_VALUE_BYTES, maxDepth: 1 });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
  }
  const words = isJsonArray(list) ? list.filter((item) => typeof item === "string") : [];
  if (isJsonArray(list) && words.length === list.length) return words;
  throw new WireError("usage", "Cannot set capabilities: expected a list of strings");
}

/**
 * The unsigned card with these capabilities beside the program's own, in the place of those that
 * were set before.
 * @throws {WireError} usage, for one that only the program may advertise
 */
export function withCapabilities(card: JsonObject, wanted: readonly string[]): JsonObject {
  const own = capabilitiesOfCard(card).filter((name) => name.startsWith(OWN_NAMESPACE));
  const builtIn = [...new Set([...OWN_CAPABILITIES, ...own])];
  const wrong = wanted.find((name) => name.startsWith(OWN_NAMESPACE) && !builtIn.includes(name));
  if (wrong !== undefined) {
    throw new WireError("usage", `Cannot advertise ${quote(wrong)}: ${OWN_NAMESPACE} is reserved`);
  }
  return withMembers(card, { capabilities: [...new Set([...builtIn, ...wanted])] });
}
