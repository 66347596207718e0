/**
 * JSON text with one spelling for one value: members by code point, no whitespace, numbers as they
 * were written. This is what we hash, store and send.
 * See docs/protocol/identity-and-events.md §5 and docs/protocol/extensions.md §1 ("Stored form").
 */
import { JsonError } from "./json_error.ts";
import { MAX_JSON_DEPTH } from "./limits.ts";
import { printNumber } from "./number.ts";
import { isJsonArray, type Json, JsonNumber, type JsonObject } from "./value.ts";

/**
 * The stored form. Members that are `undefined` are left out.
 * @throws {JsonError} unprintable (NaN, infinity), lone_surrogate, too_deep
 */
export const printJson = (value: Json): string => compact(value, 0);

/**
 * The form of a `.json` file: two spaces, `": "`, sorted members, no line feed at the end.
 * @throws {JsonError} as {@linkcode printJson}
 */
export const prettyJson = (value: Json): string => pretty(value, 0);

/**
 * Order of two strings by Unicode code point, which is the order of their UTF-8 bytes. JavaScript's
 * own `<` differs where one has a surrogate pair and the other U+E000 to U+FFFF.
 * @returns negative, 0 or positive
 */
export function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return raised(x) - raised(y);
  }
  return a.length - b.length;
}

/** Surrogates belong above U+FFFF. */
const raised = (unit: number): number => unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;

/** The members that are there, in printing order. */
export const sortedNames = (object: JsonObject): string[] =>
  Object.keys(object).filter((name) => object[name] !== undefined).sort(compareCodePoints);

function compact(value: Json, depth: number): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object" || value === null || value instanceof JsonNumber) {
    return scalar(value);
  }
  checkDepth(depth);
  if (isJsonArray(value)) return `[${value.map((item) => compact(item, depth + 1)).join(",")}]`;
  let text = "{";
  for (const name of sortedNames(value)) {
    const item = value[name];
    if (item === undefined) continue;
    text += `${text === "{" ? "" : ","}${quoted(name)}:${compact(item, depth + 1)}`;
  }
  return text + "}";
}

function pretty(value: Json, depth: number): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object" || value === null || value instanceof JsonNumber) {
    return scalar(value);
  }
  checkDepth(depth);
  const lines: string[] = [];
  if (isJsonArray(value)) {
    for (const item of value) lines.push(pretty(item, depth + 1));
    return block("[", lines, "]", depth);
  }
  for (const name of sortedNames(value)) {
    const item = value[name];
    if (item !== undefined) lines.push(`${quoted(name)}: ${pretty(item, depth + 1)}`);
  }
  return block("{", lines, "}", depth);
}

function block(open: string, lines: readonly string[], close: string, depth: number): string {
  if (lines.length === 0) return open + close;
  const outer = "\n" + "  ".repeat(depth);
  return `${open}${lines.map((line) => `${outer}  ${line}`).join(",")}${outer}${close}`;
}

function scalar(value: null | boolean | number | JsonNumber): string {
  if (value instanceof JsonNumber) return value.text;
  if (typeof value !== "number") return String(value);
  const text = printNumber(value);
  if (text === undefined) {
    throw new JsonError("unprintable", `Cannot print ${value} as JSON: expected a finite number`);
  }
  return text;
}

/** JSON.stringify escapes exactly what the reference escapes, plus lone surrogates. */
function quoted(text: string): string {
  if (!text.isWellFormed()) {
    throw new JsonError("lone_surrogate", "Cannot print a string as JSON: it has half a character");
  }
  return JSON.stringify(text);
}

function checkDepth(depth: number): void {
  if (depth < MAX_JSON_DEPTH) return;
  throw new JsonError(
    "too_deep",
    `Cannot print JSON: it is nested more than ${MAX_JSON_DEPTH} levels deep`,
  );
}
