/**
 * What is shown without what gives access to mailboxes: our own, and those in the pairing events of
 * others. See docs/protocol/identity-and-events.md §24 and docs/protocol/pairing.md §16.
 */
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  member,
  stringMember,
  withMembers,
} from "../protocol/json/value.ts";

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

const CARRIES_TOKENS: ReadonlySet<string | undefined> = new Set(["pair_drop", "pair_drop_ack"]);
/** In the place of a token, so that the record still shows that there was one. */
const REDACTED = "[redacted]";

/**
 * A received event as people and programs are shown it. The signed bytes stay in the inbox: without
 * them nobody could verify the event, or complete a pairing after a crash.
 */
export function shownEvent(event: JsonObject): JsonObject {
  if (!CARRIES_TOKENS.has(stringMember(event, "type"))) return event;
  const body = member(event, "body");
  return body === undefined ? event : withMembers(event, { body: redacted(body) });
}

function redacted(value: Json): Json {
  if (isJsonArray(value)) return value.map(redacted);
  if (!isJsonObject(value)) return value;
  const copy: Record<string, Json> = Object.create(null);
  for (const [name, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    copy[name] = name === "slot_token" ? REDACTED : redacted(inner);
  }
  return copy;
}
