/**
 * TOML: tables are added at the end, and lines of a table replaced; comments, order and spelling of the
 * rest stay. Whatever cannot be done so is refused: the result is parsed again and compared.
 */
import { parse, stringify } from "smol-toml";
import type { ConfigFormat, Edited, Plain } from "../format.ts";
import { isTable, type Table, tableLines } from "./tables.ts";

export const toml: ConfigFormat = {
  empty: "",
  read(text, path) {
    const parsed = parsedToml(text);
    if (!parsed.ok) return parsed;
    return { ok: true, value: valueAt(parsed.value, path) };
  },
  set(text, path, value) {
    return edited(text, path, (lines) => {
      if (isTable(value)) return [...lines, ...separated(lines), ...printed(path, value)];
      const name = path.at(-1) ?? "";
      const table = tableLines(lines, path.slice(0, -1));
      const line = stringify({ [name]: value }).trimEnd();
      if (table === undefined) {
        return [...lines, ...separated(lines), header(path.slice(0, -1)), line];
      }
      const [start, end] = entryIn(lines, table, name) ?? [table.start + 1, table.start + 1];
      return [...lines.slice(0, start), line, ...lines.slice(end)];
    });
  },
  remove(text, path) {
    return edited(text, path, (lines) => {
      let rest = lines;
      for (;;) {
        const table = tableLines(rest, path, { below: true });
        if (table === undefined) return rest;
        const isSeparated = rest[table.start - 1]?.trim() === "" && table.end >= rest.length - 1;
        rest = [
          ...rest.slice(0, isSeparated ? table.start - 1 : table.start),
          ...rest.slice(table.end),
        ];
      }
    });
  },
  snippet: (path, value) => (isTable(value) ? printed(path, value) : []).join("\n"),
};

type Parsed =
  | { readonly ok: true; readonly value: Plain }
  | { readonly ok: false; readonly problem: string };

function parsedToml(text: string): Parsed {
  try {
    // Dates become text: nothing of ours is one, and they are only compared.
    return { ok: true, value: JSON.parse(JSON.stringify(parse(text))) };
  } catch (error) {
    const [first = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { ok: false, problem: first };
  }
}

function valueAt(value: Plain, path: readonly string[]): Plain | undefined {
  let at: Plain | undefined = value;
  for (const name of path) at = isTable(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  return at;
}

function edited(
  text: string,
  path: readonly string[],
  edit: (lines: readonly string[]) => readonly string[],
): Edited {
  const before = parsedToml(text);
  if (!before.ok) return before;
  const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  const result = edit(lines).map((line) => line + lineEnd).join("");
  const after = parsedToml(result);
  const isSame = after.ok && besides(after.value, path) === besides(before.value, path);
  if (!isSame) return { ok: false, problem: "it cannot be changed without losing something" };
  return { ok: true, text: result };
}

/** Everything but that member, and tables that are empty without it. */
function besides(value: Plain, [name, ...below]: readonly string[]): string {
  if (!isTable(value) || name === undefined) return JSON.stringify(value);
  const members = Object.entries(value).flatMap(([key, inner]) => {
    if (key !== name) return [`${JSON.stringify(key)}:${JSON.stringify(inner)}`];
    const text = below.length === 0 ? "{}" : besides(inner, below);
    return text === "{}" ? [] : [`${JSON.stringify(key)}:${text}`];
  });
  return `{${members.join()}}`;
}

const BARE = /^[A-Za-z0-9_-]+$/;

const header = (path: readonly string[]): string =>
  `[${path.map((name) => BARE.test(name) ? name : JSON.stringify(name)).join(".")}]`;

const separated = (lines: readonly string[]): readonly string[] =>
  lines.length === 0 || lines.at(-1)?.trim() === "" ? [] : [""];

function printed(path: readonly string[], table: Table): readonly string[] {
  const simple = Object.entries(table).filter(([, value]) => !isTable(value));
  const tables = Object.entries(table).flatMap(([name, value]) =>
    isTable(value) ? printed([...path, name], value) : []
  );
  const lines = simple.map(([name, value]) => stringify({ [name]: value }).trimEnd());
  return [header(path), ...lines, ...tables];
}

/** The lines of `name = …` in a table: as many as make a whole value. */
function entryIn(
  lines: readonly string[],
  { start, end }: { readonly start: number; readonly end: number },
  name: string,
): readonly [number, number] | undefined {
  for (let first = start + 1; first < end; first++) {
    const key = /^\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*=/.exec(lines[first] ?? "");
    if ((key?.[1] ?? key?.[2] ?? key?.[3]) !== name) continue;
    for (let last = first + 1; last <= end; last++) {
      if (parsedToml(lines.slice(first, last).join("\n")).ok) return [first, last];
    }
  }
  return undefined;
}
