/**
 * JSON with the places of its parts, so that one part can be changed and every other byte stays. With
 * comments and trailing commas where the format of a host has them. Pure and total.
 */

export interface ObjectNode {
  readonly kind: "object";
  readonly start: number;
  /** Behind the closing brace. */
  readonly end: number;
  readonly members: readonly MemberNode[];
  /** Whether a comma follows the last member. */
  readonly trailingComma: boolean;
}

export interface MemberNode {
  readonly key: string;
  readonly start: number;
  readonly value: JsonNode;
}

export interface ArrayNode {
  readonly kind: "array";
  readonly start: number;
  readonly end: number;
  readonly items: readonly JsonNode[];
}

export interface ScalarNode {
  readonly kind: "scalar";
  readonly start: number;
  readonly end: number;
  /** As it is written: numbers keep their spelling. */
  readonly text: string;
  readonly value: string | number | boolean | null;
}

export type JsonNode = ObjectNode | ArrayNode | ScalarNode;

export interface Dialect {
  readonly comments: boolean;
}

export type Scanned =
  | { readonly ok: true; readonly root: JsonNode }
  /** Where and what, in a few words. */
  | { readonly ok: false; readonly problem: string };

const MAX_DEPTH = 127;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERALS = { true: true, false: false, null: null } as const;
const SPACES = " \t\r\n";
const FIRST_PRINTABLE = 0x20;

export function scanJson(text: string, dialect: Dialect): Scanned {
  try {
    return { ok: true, root: new Scanner(text, dialect).document() };
  } catch (error) {
    if (error instanceof Problem) return { ok: false, problem: error.message };
    throw error;
  }
}

/** @returns the place behind white space, and behind comments where there may be any */
export function skipTrivia(text: string, from: number, { comments }: Dialect): number {
  let at = from;
  for (;;) {
    while (at < text.length && SPACES.includes(text.charAt(at))) at++;
    const end = comments ? endOfComment(text, at) : undefined;
    if (end === undefined) return at;
    at = end;
  }
}

function endOfComment(text: string, at: number): number | undefined {
  if (text.startsWith("//", at)) {
    const end = text.indexOf("\n", at);
    return end < 0 ? text.length : end;
  }
  if (!text.startsWith("/*", at)) return undefined;
  const end = text.indexOf("*/", at + 2);
  return end < 0 ? undefined : end + 2;
}

class Problem extends Error {}

class Scanner {
  readonly #text: string;
  readonly #dialect: Dialect;
  #at = 0;

  constructor(text: string, dialect: Dialect) {
    this.#text = text;
    this.#dialect = dialect;
  }

  document(): JsonNode {
    if (this.#text.startsWith("\ufeff")) this.#at = 1;
    this.#skip();
    const root = this.#value(0);
    this.#skip();
    if (this.#at < this.#text.length) this.#fail("more after the end");
    return root;
  }

  #value(depth: number): JsonNode {
    if (depth > MAX_DEPTH) this.#fail("nested too deep");
    const start = this.#at;
    const first = this.#text[start];
    if (first === "{") return this.#object(depth);
    if (first === "[") return this.#array(depth);
    if (first === '"') {
      const value = this.#string();
      return this.#scalar(start, this.#at, value);
    }
    for (const [word, value] of Object.entries(LITERALS)) {
      if (this.#text.startsWith(word, start)) {
        return this.#scalar(start, start + word.length, value);
      }
    }
    NUMBER.lastIndex = start;
    if (!NUMBER.test(this.#text)) return this.#fail("expected a value");
    const end = NUMBER.lastIndex;
    return this.#scalar(start, end, Number(this.#text.slice(start, end)));
  }

  #scalar(start: number, end: number, value: ScalarNode["value"]): ScalarNode {
    this.#at = end;
    return { kind: "scalar", start, end, text: this.#text.slice(start, end), value };
  }

  #string(): string {
    const start = this.#at;
    if (this.#text[start] !== '"') return this.#fail("expected a string");
    let at = start + 1;
    for (; this.#text[at] !== '"'; at++) {
      if (this.#text[at] === "\\") at++;
      else if (!(this.#text.charCodeAt(at) >= FIRST_PRINTABLE)) {
        return this.#fail("a string without end");
      }
    }
    this.#at = at + 1;
    return this.#unescaped(start, this.#at);
  }

  #unescaped(start: number, end: number): string {
    try {
      return String(JSON.parse(this.#text.slice(start, end)));
    } catch {
      return this.#fail("a string with a wrong escape"); // the only thing that can be wrong with it
    }
  }

  #object(depth: number): ObjectNode {
    const start = this.#at++;
    const members: MemberNode[] = [];
    let trailingComma = false;
    for (this.#skip(); !this.#takes("}"); this.#skip()) {
      if (members.length > 0 && !trailingComma) this.#fail("expected ',' or '}'");
      const at = this.#at;
      const key = this.#string();
      this.#skip();
      if (!this.#takes(":")) this.#fail("expected ':'");
      this.#skip();
      members.push({ key, start: at, value: this.#value(depth + 1) });
      this.#skip();
      trailingComma = this.#comma("}");
    }
    return { kind: "object", start, end: this.#at, members, trailingComma };
  }

  #array(depth: number): ArrayNode {
    const start = this.#at++;
    const items: JsonNode[] = [];
    let isOpen = true;
    for (this.#skip(); !this.#takes("]"); this.#skip()) {
      if (!isOpen) this.#fail("expected ',' or ']'");
      items.push(this.#value(depth + 1));
      this.#skip();
      isOpen = this.#comma("]");
    }
    return { kind: "array", start, end: this.#at, items };
  }

  /** Takes a comma; one before the end only where comments are. */
  #comma(closing: string): boolean {
    if (!this.#takes(",")) return false;
    const at = this.#at;
    this.#skip();
    if (this.#text[this.#at] === closing && !this.#dialect.comments) this.#fail("trailing comma");
    this.#at = at;
    return true;
  }

  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skip(): void {
    this.#at = skipTrivia(this.#text, this.#at, this.#dialect);
  }

  #fail(problem: string): never {
    const { length } = this.#text.slice(0, this.#at).split("\n");
    const isComment = /^\/[/*]/.test(this.#text.slice(this.#at, this.#at + 2));
    throw new Problem(`line ${length}: ${isComment ? "a comment" : problem}`);
  }
}
