/**
 * JSON as 0.5.19 reads and prints it: numbers become u64, i64 or a double and are printed anew. A
 * second implementation beside `protocol/json/`, which these tests must not use.
 * See docs/protocol/identity-and-events.md §5.
 */
import { Buffer } from "node:buffer";

/** A number that is a double; whole numbers are bigint. */
export class Float {
  constructor(readonly value: number) {}
}

export type Ref = null | boolean | string | bigint | Float | readonly Ref[] | RefObject;
export type RefObject = ReadonlyMap<string, Ref>;

const MAX_DEPTH = 127;
const U64_MAX = 2n ** 64n - 1n;
const I64_MIN = -(2n ** 63n);

/** @throws {SyntaxError} also for a repeated member of another type, or too deep a value */
export function parse(text: string): Ref {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

/** Undefined where 0.5.19 would silently skip the line. */
export function tryParse(text: string): Ref | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class Reader {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Ref {
    this.#space();
    const next = this.#text[this.#at];
    if (next === "{") return this.#object(depth + 1);
    if (next === "[") return this.#array(depth + 1);
    if (next === '"') return this.#string();
    for (const [word, value] of [["null", null], ["true", true], ["false", false]] as const) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return this.#number();
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) this.#fail();
  }

  #object(depth: number): RefObject {
    if (depth > MAX_DEPTH) this.#fail();
    const members = new Map<string, Ref>();
    this.#list("}", () => {
      this.#space();
      const name = this.#string();
      this.#space();
      this.#take(":");
      members.set(name, this.value(depth));
    });
    return members;
  }

  #array(depth: number): Ref[] {
    if (depth > MAX_DEPTH) this.#fail();
    const items: Ref[] = [];
    this.#list("]", () => items.push(this.value(depth)));
    return items;
  }

  #list(close: string, item: () => void): void {
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === close) {
      this.#at++;
      return;
    }
    for (;;) {
      item();
      this.#space();
      if (this.#text[this.#at] === close) break;
      this.#take(",");
    }
    this.#at++;
  }

  #string(): string {
    const match = /"(?:[^"\\]|\\[^])*"/y;
    match.lastIndex = this.#at;
    const [raw] = match.exec(this.#text) ?? this.#fail();
    this.#at += raw.length;
    const value: unknown = JSON.parse(raw);
    if (typeof value !== "string" || !value.isWellFormed()) this.#fail();
    return value;
  }

  #number(): Ref {
    const match = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    match.lastIndex = this.#at;
    const [lexeme] = match.exec(this.#text) ?? this.#fail();
    this.#at += lexeme.length;
    return number(lexeme);
  }

  #space(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #take(token: string): void {
    if (this.#text[this.#at] !== token) this.#fail();
    this.#at++;
  }

  #fail(): never {
    throw new SyntaxError(`not JSON at ${this.#at}`);
  }
}

/** One lexeme as the reference's reader takes it, wrong last bits included (§5.1). */
function number(lexeme: string): bigint | Float {
  if (/^-?\d+$/.test(lexeme)) {
    const whole = BigInt(lexeme);
    if (lexeme === "-0") return new Float(-0);
    if (whole <= U64_MAX && whole >= I64_MIN) return whole;
  }
  const [, sign = "", digits = "", fraction = "", exponent = "0"] =
    lexeme.match(/^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/) ?? [];
  let significand = 0n;
  let power = 0n;
  let full = false;
  for (const digit of digits) {
    const next = significand * 10n + BigInt(digit);
    full ||= next > U64_MAX;
    if (full) power++;
    else significand = next;
  }
  full = false;
  for (const digit of fraction) {
    const next = significand * 10n + BigInt(digit);
    full ||= next > U64_MAX;
    if (full) break;
    significand = next;
    power--;
  }
  power += BigInt(exponent);
  let value = scaled(significand, power);
  if (!Number.isFinite(value)) throw new SyntaxError("number out of range");
  if (sign === "-") value = -value;
  return new Float(value);
}

function scaled(significand: bigint, power: bigint): number {
  let value = Number(significand);
  if (value === 0) return 0;
  if (power > 308n) return Infinity;
  while (power < -308n && value !== 0) {
    value /= 1e308;
    power += 308n;
  }
  if (value === 0) return 0;
  return power >= 0n ? value * Number(`1e${power}`) : value / Number(`1e${-power}`);
}

/** Compact, members sorted by their UTF-8 bytes. */
export function print(value: Ref): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Float) return printFloat(value.value);
  if (isList(value)) return `[${value.map(print).join(",")}]`;
  return `{${
    sorted(value).map(([name, item]) => `${JSON.stringify(name)}:${print(item)}`).join(",")
  }}`;
}

/** Two spaces, no newline at the end. */
export function pretty(value: Ref, indent = ""): string {
  const inner = `${indent}  `;
  if (isList(value) && value.length > 0) {
    return `[\n${value.map((item) => inner + pretty(item, inner)).join(",\n")}\n${indent}]`;
  }
  if (isObject(value) && value.size > 0) {
    const lines = sorted(value).map(([name, item]) =>
      `${inner}${JSON.stringify(name)}: ${pretty(item, inner)}`
    );
    return `{\n${lines.join(",\n")}\n${indent}}`;
  }
  return print(value);
}

function printFloat(value: number): string {
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [mantissa = "", exponentText = "0"] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(exponentText);
  if (value === 0) return `${sign}0.0`;
  if (exponent < -5 || exponent > 15) {
    const rest = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return `${sign}${digits[0]}${rest}e${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}

const sorted = (value: RefObject): [string, Ref][] =>
  [...value].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

export const isList = (value: Ref | undefined): value is readonly Ref[] => Array.isArray(value);
export const isObject = (value: Ref | undefined): value is RefObject => value instanceof Map;

/** From plain JavaScript: whole numbers become integers, everything else a double. */
export function ref(value: unknown): Ref {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "bigint" || value instanceof Float) return value;
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : new Float(value);
  if (Array.isArray(value)) return value.map(ref);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, ref(item)]));
  if (typeof value === "object") {
    const members = Object.entries(value).filter(([, item]) => item !== undefined);
    return new Map(members.map(([key, item]) => [key, ref(item)]));
  }
  throw new TypeError(`no JSON: ${typeof value}`);
}

/** An object with these members added or replaced. */
export const withMembers = (value: RefObject, members: Record<string, unknown>): RefObject =>
  new Map([...value, ...Object.entries(members).map(([key, item]) => [key, ref(item)] as const)]);

export const without = (value: RefObject, ...names: string[]): RefObject =>
  new Map([...value].filter(([name]) => !names.includes(name)));

/** The member at that path, or undefined. */
export function at(value: Ref | undefined, ...path: string[]): Ref | undefined {
  return path.reduce<Ref | undefined>(
    (item, name) => isObject(item) ? item.get(name) : undefined,
    value,
  );
}

/** The string at that path, or "". */
export function text(value: Ref | undefined, ...path: string[]): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

/** The object at that path, or an empty one. */
export function object(value: Ref | undefined, ...path: string[]): RefObject {
  const found = at(value, ...path);
  return isObject(found) ? found : new Map();
}
