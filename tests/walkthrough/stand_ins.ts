/**
 * A transcript that is the same every time: what differs between two runs (keys, ids, codes, digits,
 * times, places) is replaced by something of the same form, the same thing by the same.
 */
import { createHash } from "node:crypto";

/** The text as it appears in a run, and what stands in the page for the nth such thing. */
interface Kind {
  readonly pattern: RegExp;
  /** @param n counted from 1 */
  readonly standIn: (n: number) => string;
}

const hex = (text: string, digits: number): string =>
  createHash("sha256").update(text).digest("hex").slice(0, digits);

const TIME = "2026-01-01T12:00:00Z";
/** A table's column is as wide as its times are, whose fractions differ. */
const HEAD_OF_TIMES = /RECEIVED +/g;
const CODES = ["4821-apple-river-stone", "5093-cloud-magnet-north"];
const OLD_CODES = ["58-NMTY7A", "07-BXQ4LD"];
const DIGITS = ["481-203", "067-951", "730-118"];

/** In the order in which they are looked for: what is longer first. */
const KINDS: readonly Kind[] = [
  { pattern: /\d{4}-\d\d-\d\dT[\d:.]+Z/g, standIn: () => TIME },
  { pattern: /\b\d\d:\d\d:\d\d UTC/g, standIn: () => "12:05:00 UTC" },
  {
    pattern: /wire:\/\/pair\?v=1&inv=[\w.-]+/g,
    standIn: () => "wire://pair?v=1&inv=eyJ2IjoxLCJkaWQiOi...",
  },
  { pattern: /\b[0-9a-f]{64}\b/g, standIn: (n) => hex(`event ${n}`, 64) },
  { pattern: /\b[0-9a-f]{12}(?=:)/g, standIn: (n) => hex(`event ${n}`, 12) },
  { pattern: /\b[0-9a-f]{32}\b/g, standIn: (n) => hex(`slot ${n}`, 32) },
  {
    pattern: /\b[0-9a-f]{20} [0-9a-f]{20}\b/g,
    standIn: (n) => hex(`check ${n}`, 40).replace(/^.{20}/, "$& "),
  },
  {
    pattern: /(?<=(?:alice|bob)[-:]|fingerprint: +)[0-9a-f]{8}\b/g,
    standIn: (n) => hex(`key ${n}`, 8),
  },
  {
    pattern: /\b\d{4,5}-[a-z]+-[a-z]+-[a-z]+\b/g,
    standIn: (n) => CODES[n - 1] ?? `${4_000 + n}-apple-river-stone`,
  },
  {
    pattern: /\b\d\d-[A-Z2-9]{6}\b/g,
    standIn: (n) => OLD_CODES[n - 1] ?? "58-NMTY7A",
  },
  {
    pattern: /(?<!\d)\d{3}-\d{3}(?!\d)/g,
    standIn: (n) => DIGITS[n - 1] ?? "123-456",
  },
];

export class StandIns {
  /** Of each kind: what was found, in the order of its first appearance. */
  readonly #found: readonly string[][] = KINDS.map(() => []);
  readonly #places: readonly (readonly [string, string])[];

  /** @param places what is replaced as it stands, before anything else */
  constructor(places: readonly (readonly [string, string])[]) {
    this.#places = places;
  }

  in(text: string): string {
    let shown = text;
    for (const [from, to] of this.#places) shown = shown.replaceAll(from, to);
    // Behind a mark, so that what was put in is not taken for something found.
    for (const [kind, { pattern }] of KINDS.entries()) {
      shown = shown.replace(pattern, (found) => `\u0001${kind}.${this.#place(kind, found)}\u0002`);
    }
    // deno-lint-ignore no-control-regex
    const replaced = shown.replace(/\u0001(\d+)\.(\d+)\u0002/g, (mark, kind, n) => {
      return KINDS[Number(kind)]?.standIn(Number(n)) ?? mark;
    });
    return replaced.replace(HEAD_OF_TIMES, "RECEIVED".padEnd(TIME.length + 2));
  }

  /** @returns the number of the thing among its kind, from 1 */
  #place(kind: number, text: string): number {
    const found = this.#found[kind] ?? [];
    if (!found.includes(text)) found.push(text);
    return found.indexOf(text) + 1;
  }
}
