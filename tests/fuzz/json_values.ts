/** Arbitrary JSON for property tests: values as the parser makes them, and texts of every spelling. */
import fc from "fast-check";
import { reprintNumber } from "../../protocol/json/number.ts";
import { type Json, JsonNumber } from "../../protocol/json/value.ts";

/** Well-formed strings, also with controls, astral characters and names that objects inherit. */
export const jsonString: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }).filter((text) => text.isWellFormed()),
  fc.constantFrom("__proto__", "constructor", "toString", "event_id", "signature", "public_key_id"),
  fc.constantFrom(
    "\uffff",
    "\u{1f600}",
    "\ue000",
    "\u2028",
    "\u007f",
    "\u0000",
    '"',
    "\\",
    "1",
    "",
  ),
);

/** Lexemes of JSON numbers that the reference can read, in any spelling. */
export const numberLexeme: fc.Arbitrary<string> = fc.oneof(
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
  fc.constantFrom(
    "1.0",
    "-0",
    "-0.0",
    "1e+16",
    "9007199254740993",
    "0e999999999999",
    "1E2",
    "0.10",
  ),
  fc.tuple(fc.integer(), fc.nat(), fc.integer({ min: -330, max: 300 }))
    .map(([whole, fraction, power]) => `${whole}.${fraction}e${power}`),
).filter((lexeme) => reprintNumber(lexeme) !== undefined);

/** At most a few levels deep; numbers are {@linkcode JsonNumber}, objects have no prototype. */
export const jsonValue: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.option(fc.boolean()),
    jsonString,
    numberLexeme.map((text) => new JsonNumber(text)),
    fc.array(tie("value"), { maxLength: 4 }),
    jsonObjectOf(tie("value")),
  ),
})).value;

function jsonObjectOf(value: fc.Arbitrary<Json>): fc.Arbitrary<Record<string, Json>> {
  return fc.dictionary(jsonString, value, { maxKeys: 5, noNullPrototype: false })
    .map((object) => Object.assign(Object.create(null), object));
}

export const jsonObject: fc.Arbitrary<Record<string, Json>> = jsonObjectOf(jsonValue);

const space = fc.constantFrom("", "", " ", "\n\t", "\r");

/** A text of that value with spaces, escapes and member order as no careful program writes them. */
export const looseText = (value: Json): fc.Arbitrary<string> =>
  fc.infiniteStream(space).map((spaces) => {
    const gap = (): string => spaces.next().value ?? "";
    const print = (item: Json | undefined): string => {
      if (item instanceof JsonNumber) return gap() + item.text + gap();
      if (typeof item === "string") return gap() + escapeSome(item, gap) + gap();
      if (Array.isArray(item)) return `${gap()}[${item.map(print).join(",") || gap()}]${gap()}`;
      if (typeof item !== "object" || item === null) return gap() + String(item) + gap();
      const members = Object.entries(item).map(([name, inner]) =>
        `${gap()}${escapeSome(name, gap)}${gap()}:${print(inner)}`
      );
      return `${gap()}{${members.join(",") || gap()}}${gap()}`;
    };
    return print(value);
  });

/** Some code units as `\\uXXXX`, depending on the stream of gaps. */
function escapeSome(text: string, gap: () => string): string {
  const inner = [...text].map((character) => {
    if (gap() === "") return JSON.stringify(character).slice(1, -1);
    return Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
    ).join("");
  });
  return `"${inner.join("")}"`;
}
