/**
 * JSON values as we hold them: a number keeps the text it was written with, because hashes and
 * signatures are made over text. See docs/protocol/identity-and-events.md §5.1.
 */

/** A number as it stood in the text: `1.0`, `1e+16` and `9007199254740993` stay what they are. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

/** What {@linkcode parseJson} makes (numbers always as {@linkcode JsonNumber}), and what we print. */
export type Json = null | boolean | string | number | JsonNumber | readonly Json[] | JsonObject;

/** Parsed objects have no prototype, so a member may be called `__proto__` or `constructor`. */
export interface JsonObject {
  readonly [member: string]: Json | undefined;
}

export const isJsonArray = (value: unknown): value is readonly Json[] => Array.isArray(value);

/** True for an object; a list, a {@linkcode JsonNumber} and `null` are none. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) &&
  !(value instanceof JsonNumber);

/** @returns the member of that name if it is there, is the object's own, and is not `undefined` */
export const member = (object: JsonObject, name: string): Json | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined;

/** @returns the member of that name if it is a string */
export function stringMember(object: JsonObject, name: string): string | undefined {
  const value = member(object, name);
  return typeof value === "string" ? value : undefined;
}

/** A copy with `members` set; what is `undefined` there is left out of the copy. */
export function withMembers(object: JsonObject, members: JsonObject): JsonObject {
  const copy: Record<string, Json> = Object.create(null);
  for (const source of [object, members]) {
    for (const [name, value] of Object.entries(source)) {
      if (value === undefined) delete copy[name];
      else copy[name] = value;
    }
  }
  return copy;
}

/**
 * Ordinary JavaScript values, for zod and for people: numbers become doubles (and may lose digits),
 * objects get their usual prototype. A member called `__proto__` stays an ordinary member.
 */
export function plain(value: Json): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (isJsonArray(value)) return value.map(plain);
  if (!isJsonObject(value)) return value;
  const object: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    if (item === undefined) continue;
    if (name === "__proto__") {
      Object.defineProperty(object, name, {
        value: plain(item),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else object[name] = plain(item);
  }
  return object;
}
