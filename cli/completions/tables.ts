/** What the scripts of all three shells look up, as lines of text. */
import { type CommandModel, firstWords } from "./model.ts";
import type { Values } from "./values.ts";

export interface Tables {
  /** First words with their summaries, and `<first> ` with the second words. */
  readonly words: ReadonlyMap<string, readonly Offered[]>;
  /** Commands whose first word is another's, by their alias. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly options: ReadonlyMap<string, readonly Offered[]>;
  /** `<command> <flag>` of options that take a value. */
  readonly takers: readonly string[];
  /** What belongs at `<command> <flag>` or `<command> <place>`, as `peers` or `words:a b`. */
  readonly values: ReadonlyMap<string, string>;
}

export interface Offered {
  readonly word: string;
  readonly about: string;
}

const HELP: Offered = { word: "help", about: "print help for a command" };
const TOP: readonly Offered[] = [
  { word: "--help", about: "print help" },
  { word: "--version", about: "print the version" },
];

export function tablesOf(models: readonly CommandModel[]): Tables {
  const words = new Map<string, readonly Offered[]>();
  const first = firstWords(models);
  words.set("", [...first].map(([word, { summary }]) => ({ word, about: summary })).concat(HELP));
  for (const [word, { below }] of first) {
    if (below.length === 0) continue;
    const offered = ({ name, summary }: CommandModel): Offered => ({
      word: name.slice(word.length + 1),
      about: summary,
    });
    words.set(word, below.map(offered));
  }
  const values = new Map<string, string>();
  const takers: string[] = [];
  for (const { name, options, places } of models) {
    for (const option of options) {
      if (option.values === undefined) continue;
      takers.push(`${name} ${option.flag}`);
      put(values, `${name} ${option.flag}`, option.values);
    }
    for (const [index, place] of places.entries()) put(values, `${name} ${index}`, place);
  }
  return {
    words,
    aliases: new Map(
      models.flatMap(({ name, alias }) => alias === undefined ? [] : [[alias, name]]),
    ),
    options: new Map([["", TOP], ...models.map(optionsOf)]),
    takers,
    values,
  };
}

function optionsOf({ name, options }: CommandModel): [string, readonly Offered[]] {
  return [name, options.map(({ flag, description }) => ({ word: flag, about: description }))];
}

function put(values: Map<string, string>, key: string, value: Values): void {
  switch (value.tag) {
    case "free":
      return;
    case "files":
    case "directories":
      values.set(key, value.tag);
      return;
    case "asked":
      values.set(key, value.what);
      return;
    case "words":
      values.set(key, `words:${value.words.join(" ")}`);
  }
}

/** A word for a shell, whatever is in it. */
export const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
