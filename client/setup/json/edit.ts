/**
 * Changes one member of a JSON text and leaves every other byte as it was. The result is parsed again:
 * an edit that would change anything else is refused.
 */
import { type Dialect, type JsonNode, type ObjectNode, scanJson, skipTrivia } from "./scan.ts";

/** What a host's configuration holds for a server. */
export type Plain = string | number | boolean | null | readonly Plain[] | {
  readonly [name: string]: Plain;
};

export type Edited =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

const DEFAULT_INDENT = "  ";

/**
 * @param path member names from the root; objects on the way are made where there are none
 * @returns the text with that member set: in its place, or as the last one of its object
 */
export function setMember(
  text: string,
  path: readonly string[],
  { value, dialect }: { readonly value: Plain; readonly dialect: Dialect },
): Edited {
  return edited(text, path, dialect, (root) => {
    const found = descend(root, path);
    if (typeof found === "string") return found;
    const { object, rest, node } = found;
    const format = formatOf(text);
    if (node !== undefined) {
      const printed = print(value, { ...format, indent: indentAt(text, node.start) });
      return text.slice(0, node.start) + printed + text.slice(node.end);
    }
    const [name = "", ...below] = rest;
    const inner = below.reduceRight<Plain>((within, key) => ({ [key]: within }), value);
    return inserted(text, object, { name, value: inner, format });
  });
}

/** @returns the text without that member; the objects around it stay */
export function removeMember(
  text: string,
  path: readonly string[],
  { dialect }: { readonly dialect: Dialect },
): Edited {
  return edited(text, path, dialect, (root) => {
    const found = descend(root, path);
    if (typeof found === "string") return found;
    const { object, node } = found;
    const index = object.members.findIndex(({ value }) => value === node);
    const member = object.members[index];
    if (member === undefined) return "there is no such member";
    const behind = skipTrivia(text, member.value.end, dialect);
    const hasComma = text[behind] === ",";
    let [start, end] = [member.start, hasComma ? behind + 1 : member.value.end];
    // The line that becomes empty goes, too.
    while (/[ \t]/.test(text.charAt(start - 1))) start--;
    const rest = /^[ \t]*(\r?\n)?/.exec(text.slice(end))?.[0] ?? "";
    const isLine = /[\r\n]/.test(text.charAt(start - 1)) && /\n/.test(rest);
    if (isLine) end += rest.length;
    else start = member.start;
    const without = text.slice(0, start) + text.slice(end);
    if (hasComma || index === 0) return without;
    const before = object.members[index - 1]?.value.end ?? start;
    const comma = skipTrivia(text, before, dialect);
    return without.slice(0, comma) + without.slice(comma + 1);
  });
}

/** @returns the member's node, or undefined; a text when the way there is no object, or is unclear */
export function nodeAt(root: JsonNode, path: readonly string[]): JsonNode | undefined | string {
  const found = descend(root, path);
  return typeof found === "string" ? found : found.node;
}

/** The node's value as plain JSON; members without a prototype. */
export function plainOf(node: JsonNode): Plain {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "array") return node.items.map(plainOf);
  const object: Record<string, Plain> = Object.create(null);
  for (const { key, value } of node.members) object[key] = plainOf(value);
  return object;
}

interface Place {
  /** The innermost object that is there. */
  readonly object: ObjectNode;
  /** The names below it that are not there; none when `node` is. */
  readonly rest: readonly string[];
  readonly node: JsonNode | undefined;
}

function descend(root: JsonNode, path: readonly string[]): Place | string {
  let object = root;
  for (const [depth, name] of path.entries()) {
    const where = depth === 0 ? "the file" : path.slice(0, depth).join(".");
    if (object.kind !== "object") return `${where} is not an object`;
    const named = object.members.filter(({ key }) => key === name);
    if (named.length > 1) return `${where} has ${JSON.stringify(name)} more than once`;
    const node = named[0]?.value;
    const isLast = depth === path.length - 1;
    if (node === undefined) return { object, rest: path.slice(depth), node };
    if (isLast) return { object, rest: [], node };
    object = node;
  }
  return "no member is named";
}

function edited(
  text: string,
  path: readonly string[],
  dialect: Dialect,
  edit: (root: JsonNode) => string,
): Edited {
  const before = scanJson(text, dialect);
  if (!before.ok) return before;
  const problem = nodeAt(before.root, path);
  if (typeof problem === "string") return { ok: false, problem };
  const result = edit(before.root);
  const after = scanJson(result, dialect);
  if (!after.ok || besides(before.root, path) !== besides(after.root, path)) {
    return { ok: false, problem: "it cannot be changed without losing something" };
  }
  return { ok: true, text: result };
}

/** Everything but that member and what lies around it alone: the same before and after an edit. */
function besides(node: JsonNode, path: readonly string[]): string {
  if (node.kind === "scalar") return node.text;
  if (node.kind === "array") return `[${node.items.map((item) => besides(item, [])).join()}]`;
  const [name, ...below] = path;
  const members = node.members.flatMap(({ key, value }) => {
    if (key !== name) return [`${JSON.stringify(key)}:${besides(value, [])}`];
    if (below.length === 0) return [];
    const inner = besides(value, below);
    return inner === "{}" ? [] : [`${JSON.stringify(key)}:${inner}`];
  });
  return `{${members.join()}}`;
}

interface Format {
  /** One step. */
  readonly unit: string;
  readonly lineEnd: string;
  /** Of the line where the value begins; undefined: everything in one line. */
  readonly indent?: string | undefined;
}

function formatOf(text: string): Format {
  const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  const unit = /\n([ \t]+)\S/.exec(text)?.[1] ?? DEFAULT_INDENT;
  return { unit: unit.startsWith("\t") ? "\t" : unit, lineEnd };
}

/** The white space that the line begins with; undefined when the whole text is one line. */
function indentAt(text: string, at: number): string | undefined {
  if (!text.trim().includes("\n")) return undefined;
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

function print(value: Plain, { unit, lineEnd, indent }: Format): string {
  if (indent === undefined) return JSON.stringify(value);
  return JSON.stringify(value, null, unit).replaceAll("\n", lineEnd + indent);
}

interface Insertion {
  readonly name: string;
  readonly value: Plain;
  readonly format: Format;
}

/** As the last member; what is said in comments behind the one before stays with that one. */
function inserted(
  text: string,
  object: ObjectNode,
  { name, value, format }: Insertion,
): string {
  const last = object.members.at(-1);
  const brace = object.end - 1;
  const base = indentAt(text, object.start);
  const isInline = last === undefined
    ? base === undefined && object.start > 0
    : !text.slice(object.start, brace).includes("\n");
  if (isInline) {
    const at = last?.value.end ?? brace;
    const space = / /.test(text.charAt(object.start + 1)) ? " " : "";
    const comma = last === undefined ? "" : `,${space}`;
    const member = `${JSON.stringify(name)}:${space}${JSON.stringify(value)}`;
    return text.slice(0, at) + comma + member + text.slice(at);
  }
  const { lineEnd, unit } = format;
  const outer = base ?? "";
  const indent = last === undefined ? outer + unit : indentAt(text, last.start) ?? outer + unit;
  const member = `${indent}${JSON.stringify(name)}: ${print(value, { ...format, indent })}`;
  const end = contentEnd(text, object);
  const comma = last === undefined || object.trailingComma ? "" : ",";
  const closing = object.trailingComma ? "," : "";
  const at = last === undefined ? end : last.value.end;
  return text.slice(0, at) + comma + text.slice(at, end) + lineEnd + member + closing +
    lineEnd + outer + text.slice(brace);
}

/** Behind the last thing in the object that is no white space: a value, a comma or a comment. */
function contentEnd(text: string, object: ObjectNode): number {
  let end = object.end - 1;
  while (end > object.start + 1 && /\s/.test(text.charAt(end - 1))) end--;
  return end;
}
