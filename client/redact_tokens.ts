/** Our mailbox without what gives access to it. See docs/protocol/identity-and-events.md §24. */
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../protocol/json/value.ts";

const SECRET_MEMBER = /token|secret|seed|private/i;

/** A copy in which no object, however deep, has a member named after a secret. */
export function withoutTokens(object: JsonObject): JsonObject {
  const copy: Record<string, Json> = Object.create(null);
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined || SECRET_MEMBER.test(name)) continue;
    copy[name] = withoutTokensIn(value);
  }
  return copy;
}

function withoutTokensIn(value: Json): Json {
  if (isJsonArray(value)) return value.map(withoutTokensIn);
  return isJsonObject(value) ? withoutTokens(value) : value;
}
