/** Where the tables of a TOML text begin and end, line by line. */
import { parse } from "smol-toml";
import type { Plain } from "../format.ts";

export type Table = { readonly [name: string]: Plain };

export const isTable = (value: Plain | undefined): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export interface TableLines {
  /** The header's line. */
  readonly start: number;
  /** Behind the last line of the table: comments before the next header belong to that one. */
  readonly end: number;
}

/** @param options.below whether a table inside that one is meant, too */
export function tableLines(
  lines: readonly string[],
  path: readonly string[],
  { below = false }: { readonly below?: boolean } = {},
): TableLines | undefined {
  const start = lines.findIndex((line) => {
    const named = namedBy(line);
    if (named === undefined) return false;
    const isBelow = below && named.length > path.length;
    return (named.length === path.length || isBelow) &&
      path.every((name, at) => named[at] === name);
  });
  if (start < 0) return undefined;
  const next = lines.findIndex((line, index) =>
    index > start && /^\s*\[/.test(line) && isHeader(line)
  );
  let end = next < 0 ? lines.length : next;
  while (end > start + 1 && /^\s*(#|$)/.test(lines[end - 1] ?? "")) end--;
  return { start, end };
}

const isHeader = (line: string): boolean => namedBy(line) !== undefined || /^\s*\[\[/.test(line);

/** The names in a table's header, or undefined when the line is none. */
function namedBy(line: string): readonly string[] | undefined {
  if (!/^\s*\[[^[]/.test(line)) return undefined;
  try {
    let table: unknown = parse(line);
    const names: string[] = [];
    while (typeof table === "object" && table !== null) {
      const [entry] = Object.entries(table);
      if (entry === undefined) break;
      names.push(entry[0]);
      table = entry[1];
    }
    return names;
  } catch {
    return undefined; // a line of an array, or of a text that spans lines
  }
}
