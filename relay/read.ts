/** Reading queries and bodies: a value, or the answer that says what is wrong with it. */
import { z } from "zod";
import { parseEnvelope, type PostedEvent } from "../protocol/event/envelope.ts";
import { JsonError, parseJson } from "../protocol/json/parse.ts";
import { type Json, plain } from "../protocol/json/value.ts";
import { json, type RelayReply } from "./exchange.ts";
import { badJson, badQuery, wrongShape } from "./framework_errors.ts";

export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reply: RelayReply };

export interface BodyReader<T> {
  (text: string): Read<T>;
  /** What the API's document says of it; undefined: there is no body. */
  readonly schema?: z.ZodType;
}
export type QueryReader<T> = (query: URLSearchParams) => Read<T>;

const right = <T>(value: T): Read<T> => ({ ok: true, value });
const wrong = (reply: RelayReply): Read<never> => ({ ok: false, reply });

export const noQuery = (_query: URLSearchParams): Read<undefined> => right(undefined);
/** The body, if there is one, is not looked at. */
export const noBody = (_text: string): Read<undefined> => right(undefined);

/** @returns a reader for JSON of that shape; a repeated member is refused as the reference does */
export function jsonBody<Schema extends z.ZodType>(schema: Schema): BodyReader<z.infer<Schema>> {
  return withSchema(
    schema,
    readJson((text) => shaped(schema, parseJson(text, { repeatedMembers: "refuse" }))),
  );
}

export const withSchema = <T>(schema: z.ZodType, read: BodyReader<T>): BodyReader<T> =>
  Object.assign((text: string) => read(text), { schema });

export function shaped<Schema extends z.ZodType>(
  schema: Schema,
  value: Json,
): Read<z.infer<Schema>> {
  const parsed = schema.safeParse(plain(value));
  if (parsed.success) return right(parsed.data);
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  return wrong(wrongShape(where + (issue?.message ?? "wrong shape")));
}

/** What is posted to a slot; whether the event itself repeats a member is known only here. */
export type PostedBody = PostedEvent | "repeated_member";

const ANY_EVENT = z.looseObject({ event: z.unknown() });

export const eventBody: BodyReader<PostedBody> = withSchema(
  ANY_EVENT,
  readJson((text): Read<PostedBody> => {
    const envelope = parseEnvelope(text);
    if (envelope.ok) return right(envelope.event);
    switch (envelope.reason) {
      case "repeated_in_event":
        return right("repeated_member");
      case "repeated_member":
        return wrong(wrongShape("duplicate field"));
      case "missing_event":
        return wrong(wrongShape("missing field `event`"));
      case "not_an_object":
        return wrong(wrongShape("invalid type: expected an object"));
    }
  }),
);

/** @param read may throw JsonError: what is no JSON is 400, a repeated member 422 */
export function readJson<T>(read: (text: string) => Read<T>): BodyReader<T> {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      return wrong(
        error.reason === "repeated_member" ? wrongShape(error.message) : badJson(error.message),
      );
    }
  };
}

export const repeatedInEvent = (): RelayReply =>
  json(400, { error: "event has a repeated member" });

export interface PageQuery {
  readonly since: string | undefined;
  readonly limit: number;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
const MAX_U64 = 2n ** 64n - 1n;

/** The first `since` and the last `limit` count (docs/protocol/relay.md §5.3). */
export function pageQuery(query: URLSearchParams): Read<PageQuery> {
  const since = query.get("since") ?? undefined;
  const limit = limitOf(query);
  return limit.ok ? right({ since, limit: Math.min(limit.value, MAX_LIMIT) }) : limit;
}

/** @returns the last `limit`, or its default; any that fits 64 bits */
export const limitOf = (query: URLSearchParams): Read<number> =>
  unsignedOf(query.getAll("limit").at(-1), DEFAULT_LIMIT);

const DEFAULT_HOURS = 24;

/** How far back: the last `hours`, or a day. */
export const hoursQuery = (query: URLSearchParams): Read<number> =>
  unsignedOf(query.getAll("hours").at(-1), DEFAULT_HOURS);

function unsignedOf(text: string | undefined, unlessGiven: number): Read<number> {
  if (text === undefined) return right(unlessGiven);
  if (text === "") return wrong(badQuery("cannot parse integer from empty string"));
  if (!/^\+?[0-9]+$/.test(text)) return wrong(badQuery("invalid digit found in string"));
  if (text.length > 40 || BigInt(text.replace("+", "")) > MAX_U64) {
    return wrong(badQuery("number too large to fit in target type"));
  }
  return right(Number(text));
}

export function roleQuery(query: URLSearchParams): Read<string> {
  const role = query.get("as_role");
  return role === null ? wrong(badQuery("missing field `as_role`")) : right(role);
}
