/** What the command line takes, as a shell needs to know it: read off the registry. */
import { longFlag } from "../options.ts";
import { COMMANDS, type Entry } from "../registry.ts";
import { type Values, valuesOfOption, valuesOfPlace } from "./values.ts";

export interface OptionModel {
  /** `--exit-with-parent` */
  readonly flag: string;
  readonly description: string;
  /** Undefined: it takes none. */
  readonly values: Values | undefined;
}

export interface CommandModel {
  /** `send`, or `session env`. */
  readonly name: string;
  readonly alias: string | undefined;
  readonly summary: string;
  readonly options: readonly OptionModel[];
  /** What its positional arguments are, in order. */
  readonly places: readonly Values[];
}

const EVERYWHERE: readonly OptionModel[] = [
  { flag: "--json", description: "print JSON on stdout", values: undefined },
  { flag: "--help", description: "print help", values: undefined },
];
const LASTING: OptionModel = {
  flag: "--exit-with-parent",
  description: "stop when standard input ends",
  values: undefined,
};

/** Loads every command. */
export function commandModels(
  entries: readonly Entry[] = COMMANDS,
): Promise<readonly CommandModel[]> {
  return Promise.all(entries.map(modelOf));
}

async function modelOf({ name, alias, summary, lasting, load }: Entry): Promise<CommandModel> {
  const { command } = await load();
  const options = Object.entries(command.options).map(([option, spec]) => ({
    flag: longFlag(option),
    description: spec.description,
    values: spec.type === "flag" ? undefined : valuesOfOption(name, option, spec.value),
  }));
  const places = [...command.usage.matchAll(/[<[]([^\]>]+)[\]>]/g)]
    .map(([, place = ""]) => valuesOfPlace(name, place.replace(/\.\.\.$/, "")));
  return {
    name,
    alias,
    summary,
    options: [...options, ...(lasting === true ? [LASTING] : []), ...EVERYWHERE],
    places,
  };
}

/** First words, with what stands behind them: a summary, or the second words that there are. */
export function firstWords(
  models: readonly CommandModel[],
): ReadonlyMap<string, { readonly summary: string; readonly below: readonly CommandModel[] }> {
  const words = new Map<string, { summary: string; below: CommandModel[] }>();
  for (const model of models) {
    const [first = "", second] = model.name.split(" ");
    const known = words.get(first) ?? { summary: model.summary, below: [] };
    if (second !== undefined) {
      known.below.push(model);
      const names = known.below.map(({ name }) => name.slice(first.length + 1));
      known.summary = names.join(", ");
    }
    words.set(first, known);
  }
  return words;
}
