/**
 * Commands that the documents name inside a sentence, such as `wire pair-host` or `tail --limit N`: not
 * whole command lines, but what they name must be there.
 */
import type { AnyCommand } from "../../cli/command.ts";
import { longFlag } from "../../cli/options.ts";
import { COMMANDS, type Entry, findCommand } from "../../cli/registry.ts";

export interface Mention {
  readonly page: string;
  readonly line: number;
  /** As it stands between the backticks. */
  readonly text: string;
}

/** @returns what stands between backticks, outside of blocks, and may be a command of ours */
export function mentionsIn(page: string, text: string): readonly Mention[] {
  const found: Mention[] = [];
  let isBlock = false;
  for (const [index, line] of text.split("\n").entries()) {
    if (line.startsWith("```")) isBlock = !isBlock;
    if (isBlock) continue;
    for (const [, span = ""] of line.matchAll(/`([^`]+)`/g)) {
      if (commandIn(span) !== undefined) found.push({ page, line: index + 1, text: span });
    }
  }
  return found;
}

/** `a|b c` is `a c` and `b c`; brackets around what may be left out are passed over. */
export function linesOf(span: string): readonly (readonly string[])[] {
  const words = commandIn(span)?.replaceAll("\\|", "|").replaceAll(/[[\]…]/g, "").split(/\s+/) ??
    [];
  const end = words.findIndex((word) => /^(\||&&|;|>|<)$/.test(word));
  const line = (end === -1 ? words : words.slice(0, end)).filter((word) => word !== "");
  let lines: string[][] = [[]];
  for (const word of line) {
    lines = lines.flatMap((before) => word.split("|").map((one) => [...before, one]));
  }
  return lines;
}

const FAMILIES = new Set(
  COMMANDS.map(({ name }) => name.split(" ")).filter(({ length }) => length > 1)
    .map(([family]) => family),
);

/** The words after `wire`; without it, of a family such as `outbox list`, or of a command with an option. */
function commandIn(span: string): string | undefined {
  const [, named] = span.match(/^(?:\w+=\S+ )*wire (.+)$/) ?? [];
  if (named !== undefined) return named;
  const [first = "", second] = span.split(" ");
  if (FAMILIES.has(first)) return second === undefined ? undefined : span;
  return findCommand(first) !== undefined && span.includes(" --") ? span : undefined;
}

/** @returns what is wrong with what is named, undefined if nothing is */
export async function mentionProblem(words: readonly string[]): Promise<string | undefined> {
  if (/^(--version|--help|-V|-h|help)$/.test(words[0] ?? "")) return undefined;
  const isTwo = findCommand(words.slice(0, 2).join(" ")) !== undefined;
  const entry = findCommand(words.slice(0, isTwo ? 2 : 1).join(" "));
  if (entry === undefined) {
    const isFamily = words.length === 1 && FAMILIES.has(words[0] ?? "");
    return isFamily ? undefined : "there is no such command";
  }
  const { command } = await entry.load();
  return restProblem(words.slice(isTwo ? 2 : 1), entry, command);
}

function restProblem(
  words: readonly string[],
  entry: Entry,
  command: AnyCommand,
): string | undefined {
  const own = Object.entries(command.options);
  const takesValue = new Map<string, boolean>([
    ...own.map(([name, { type }]) => [longFlag(name), type !== "flag"] as const),
    ["--json", false],
    ["--help", false],
    ...entry.lasting === true ? [["--exit-with-parent", false] as const] : [],
  ]);
  let positionals = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const value = takesValue.get(word);
    if (word.startsWith("--") && value === undefined) return `it has no option ${word}`;
    if (value === true && words[at + 1]?.startsWith("--") !== true) at++;
    else if (value === undefined) positionals++;
  }
  const most = mostPositionals(command.usage);
  return positionals > most ? `it takes ${most} argument(s) at most` : undefined;
}

const mostPositionals = (usage: string): number =>
  usage.includes("...") ? Infinity : usage.split(" ").filter((word) => word !== "").length;
