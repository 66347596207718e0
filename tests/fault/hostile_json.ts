/** JSON, and what only looks like it, as a broken disk or a hostile relay may hand it to us. */
import fc from "fast-check";

/** What a terminal obeys, what hides, and what forges a second line. */
export const WILD_TEXT =
  "\u001b[2J\u001b]0;x\u0007\r\nerror: forged\u2028\u202eevil\u0000\u200b\u009b31m";

/** More than anybody means to read at once. */
export const LONG_TEXT = "y".repeat(5_000);

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bytes that no reader of JSON or text may trip over, by name. */
export const HOSTILE_BYTES: Readonly<Record<string, Uint8Array>> = {
  "nothing": utf8(""),
  "white space": utf8(" \n\t\r\n"),
  "one brace": utf8("{"),
  "null": utf8("null"),
  "a number": utf8("7"),
  "a huge number": utf8("1e999999999"),
  "a string": utf8('"text"'),
  "a list": utf8("[]"),
  "a list of lists": utf8("[[],[{}],null]"),
  "an empty object": utf8("{}"),
  "the prototype": utf8('{"__proto__":{"admin":true},"constructor":{"prototype":1},"toString":2}'),
  "members twice": utf8('{"self":1,"self":2,"peers":[],"peers":{},"did":"a","did":"b"}'),
  "deep lists": utf8("[".repeat(10_000)),
  "deep whole lists": utf8("[".repeat(10_000) + "]".repeat(10_000)),
  "deep objects": utf8('{"a":'.repeat(10_000)),
  "half a surrogate": utf8('{"self":"\\ud800","error":"\\udfff\\ud800"}'),
  "a byte order mark": utf8("\ufeff{}"),
  "a page of HTML": utf8("<!DOCTYPE html><html><body>Sign in to the hotel</body></html>"),
  "wild text": utf8(WILD_TEXT),
  "wild members": utf8(JSON.stringify({ [WILD_TEXT]: WILD_TEXT, error: WILD_TEXT })),
  "a long line": utf8("x".repeat(200_000)),
  "NUL bytes": new Uint8Array(64),
  "not UTF-8": new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0xc3, 0x28, 0x22, 0x7d, 0x0a]),
};

/** What stands in the place of one value. `1e400` is written as it is: no number of ours prints so. */
export const WRONG_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  2 ** 53,
  "",
  "../../etc/passwd",
  WILD_TEXT,
  LONG_TEXT,
  [],
  [[]],
  {},
  { __proto__: null, "constructor": 1 },
  { [WILD_TEXT]: WILD_TEXT, [LONG_TEXT]: { [LONG_TEXT]: LONG_TEXT } },
];

type Path = readonly (string | number)[];

/** The places of all values inside, the whole one first. */
export function placesIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => placesIn(item, [...path, key]))];
}

/** A copy with another value at that place; `undefined` takes the member away. */
export function replacedAt(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined || typeof value !== "object" || value === null) return by;
  const changed: unknown = replacedAt(Reflect.get(value, key), rest, by);
  if (Array.isArray(value)) {
    return value.map((item, at) => String(at) === String(key) ? changed : item);
  }
  return { ...value, [key]: changed };
}

/**
 * Texts that are nearly this JSON text: cut short, with a byte changed, with one value of another
 * type, without a member, with a member twice.
 */
export function nearly(text: string): fc.Arbitrary<string> {
  const value: unknown = JSON.parse(text);
  const places = placesIn(value);
  const wrongValue = fc.record({
    place: fc.constantFrom(...places),
    by: fc.oneof(fc.constantFrom<unknown>(...WRONG_VALUES, undefined), fc.jsonValue()),
  }).map(({ place, by }) => JSON.stringify(replacedAt(value, place, by)) ?? "");
  return fc.oneof(
    fc.nat(Math.max(0, text.length - 1)).map((length) => text.slice(0, length)),
    fc.record({ at: fc.nat(Math.max(0, text.length - 1)), by: fc.string({ maxLength: 2 }) })
      .map(({ at, by }) => text.slice(0, at) + by + text.slice(at + 1)),
    { weight: 3, arbitrary: wrongValue },
    fc.constantFrom(...places).map((place) =>
      (JSON.stringify(replacedAt(value, place, 7777)) ?? "").replace("7777", "1e400")
    ),
    fc.constant(text.replace("{", `{${text.match(/"[^"]*":/)?.[0] ?? '"a":'}null,`)),
  );
}
