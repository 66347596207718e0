/**
 * A strict JSON reader that makes the value and, in the same pass, finds out whether the text is
 * already its own stored form (docs/protocol/extensions.md §1) and where an event's computed
 * members stand. So an event that a well-behaved sender made is hashed from slices of its text.
 */
import { JsonError } from "./json_error.ts";
import { isPlainInteger, reprintNumber } from "./number.ts";
import { compareCodePoints } from "./print.ts";
import { quote } from "./quote.ts";
import { type Json, JsonNumber, type JsonObject } from "./value.ts";

/** The members that are no part of an event's hash, at the top level only. */
export const COMPUTED_MEMBERS: ReadonlySet<string> = new Set([
  "event_id",
  "public_key_id",
  "signature",
]);

/** Half-open range of text offsets: a member from its opening quote to the end of its value. */
export type Span = readonly [start: number, end: number];

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** A number this short without exponent cannot leave the double range. */
const SHORT_NUMBER = 300;

const PLAIN_DIGITS = 15;

const ZERO = 48;
const NINE = 57;
const DOT = 46;
const UPPER_E = 69;
const LOWER_E = 101;
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;

export class JsonReader {
  /** False once something read so far is written otherwise than {@linkcode printJson} would. */
  stored = true;
  /** False once a number was read that programs may write differently. */
  plainNumbers = true;
  /** The name of some member that stands twice in its object. */
  repeated: string | undefined;
  /** Computed members of the object whose depth is {@linkcode spanDepth}, in text order. */
  readonly spans: Span[] = [];

  #at = 0;

  /**
   * @param maxDepth containers inside each other at most
   * @param spanDepth depth of the object whose computed members are wanted; 1 is the outermost
   */
  constructor(
    readonly text: string,
    readonly maxDepth: number,
    readonly spanDepth: number = 0,
  ) {
    if (!text.isWellFormed()) {
      throw new JsonError("lone_surrogate", "Cannot read JSON: the text has half a character");
    }
  }

  /** Offset of the next character to be read. */
  protected get offset(): number {
    return this.#at;
  }

  /** One value with nothing but whitespace around it. */
  document(): Json {
    this.#space();
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.text.length) this.#fail("the end of the text");
    return value;
  }

  /** @param depth containers around this value */
  #value(depth: number): Json {
    switch (this.text.charCodeAt(this.#at)) {
      case QUOTE:
        return this.#string();
      case 123: // {
        return this.#object(depth + 1);
      case 91: // [
        return this.#array(depth + 1);
      case 116: // t
        return this.#word("true", { means: true });
      case 102: // f
        return this.#word("false", { means: false });
      case 110: // n
        return this.#word("null", { means: null });
      default:
        return this.#number();
    }
  }

  /** The value of a member of an object at `depth`; for a subclass that wants to look closer. */
  protected readMember(_name: string, depth: number): Json {
    return this.#value(depth);
  }

  /** An item of an array at `depth`; likewise. */
  protected readItem(depth: number): Json {
    return this.#value(depth);
  }

  #object(depth: number): JsonObject {
    this.#enter(depth);
    const object: Record<string, Json> = Object.create(null);
    let previous: string | undefined;
    let sorted = true;
    this.#space();
    if (this.#take(125)) return object;
    while (true) {
      const start = this.#at;
      if (this.text.charCodeAt(start) !== QUOTE) this.#fail("a member name in double quotes");
      const name = this.#string();
      this.#space();
      if (!this.#take(COLON)) this.#fail('":"');
      this.#space();
      if (sorted && previous !== undefined && compareCodePoints(previous, name) >= 0) {
        sorted = false;
        this.stored = false;
      }
      if (!sorted && object[name] !== undefined) this.repeated = name;
      previous = name;
      object[name] = this.readMember(name, depth);
      if (depth === this.spanDepth && COMPUTED_MEMBERS.has(name)) {
        this.spans.push([start, this.#at]);
      }
      this.#space();
      if (this.#take(COMMA)) {
        this.#space();
        continue;
      }
      if (this.#take(125)) return object;
      this.#fail('"," or "}"');
    }
  }

  #array(depth: number): Json {
    this.#enter(depth);
    const items: Json[] = [];
    this.#space();
    if (this.#take(93)) return items;
    while (true) {
      items.push(this.readItem(depth));
      this.#space();
      if (this.#take(COMMA)) {
        this.#space();
        continue;
      }
      if (this.#take(93)) return items;
      this.#fail('"," or "]"');
    }
  }

  #string(): string {
    const { text } = this;
    const start = this.#at;
    for (let i = start + 1; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit === QUOTE) {
        this.#at = i + 1;
        return text.slice(start + 1, i);
      }
      if (unit === BACKSLASH) return this.#escapedString(start, i);
      if (unit < 32) break;
    }
    this.#fail("a string without control characters, closed by a quote");
  }

  /** Finds the end of the string and leaves the escapes to JSON.parse, which is strict. */
  #escapedString(start: number, firstEscape: number): string {
    const { text } = this;
    let end = firstEscape;
    while (end < text.length && text.charCodeAt(end) !== QUOTE) {
      end += text.charCodeAt(end) === BACKSLASH ? 2 : 1;
    }
    const raw = text.slice(start, end + 1);
    let decoded: unknown;
    try {
      decoded = JSON.parse(raw);
    } catch {
      // JSON.parse knows only this one string; our offset says more.
    }
    if (typeof decoded !== "string") this.#fail("a string with valid escapes");
    if (!decoded.isWellFormed()) {
      throw new JsonError("lone_surrogate", `Cannot read JSON at ${start}: half a character`);
    }
    if (this.stored && JSON.stringify(decoded) !== raw) this.stored = false;
    this.#at = end + 1;
    return decoded;
  }

  #number(): JsonNumber {
    const lexeme = this.#plainInteger() ?? this.#otherNumber();
    this.#at += lexeme.length;
    return new JsonNumber(lexeme);
  }

  /** The usual case, without a regular expression; undefined is not yet an error. */
  #plainInteger(): string | undefined {
    const { text } = this;
    const start = this.#at;
    let end = start;
    let unit = text.charCodeAt(end);
    while (unit >= ZERO && unit <= NINE) unit = text.charCodeAt(++end);
    const digits = end - start;
    if (digits === 0 || digits > PLAIN_DIGITS) return undefined;
    if (unit === DOT || unit === LOWER_E || unit === UPPER_E) return undefined;
    if (digits > 1 && text.charCodeAt(start) === ZERO) return undefined;
    return text.slice(start, end);
  }

  #otherNumber(): string {
    NUMBER.lastIndex = this.#at;
    const lexeme = NUMBER.exec(this.text)?.[0];
    if (lexeme === undefined) this.#fail("a value");
    if (isPlainInteger(lexeme)) return lexeme;
    this.plainNumbers = false;
    const mayOverflow = lexeme.length > SHORT_NUMBER || /[eE]/.test(lexeme);
    if (mayOverflow && reprintNumber(lexeme) === undefined) {
      throw new JsonError("number_range", `Cannot read JSON at ${this.#at}: number out of range`);
    }
    return lexeme;
  }

  #word<T>(word: string, { means }: { means: T }): T {
    if (!this.text.startsWith(word, this.#at)) this.#fail("a value");
    this.#at += word.length;
    return means;
  }

  #enter(depth: number): void {
    if (depth > this.maxDepth) {
      throw new JsonError(
        "too_deep",
        `Cannot read JSON: it is nested more than ${this.maxDepth} levels deep`,
      );
    }
    this.#at++;
  }

  #take(unit: number): boolean {
    if (this.text.charCodeAt(this.#at) !== unit) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    const start = this.#at;
    while (true) {
      const unit = this.text.charCodeAt(this.#at);
      if (unit !== 32 && unit !== 10 && unit !== 13 && unit !== 9) break;
      this.#at++;
    }
    if (this.#at > start) this.stored = false;
  }

  #fail(wanted: string): never {
    const found = this.#at < this.text.length
      ? quote(String.fromCodePoint(this.text.codePointAt(this.#at) ?? 0))
      : "the end";
    throw new JsonError(
      "syntax",
      `Cannot read JSON at ${this.#at}: expected ${wanted}, got ${found}`,
    );
  }
}
