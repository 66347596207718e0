/** What a command says about its options, and the values that come out of the command line. */

export type OptionValue = string | number | boolean | readonly string[];
export type OptionValues = Readonly<Record<string, OptionValue | undefined>>;

export type Option =
  | { readonly type: "flag"; readonly description: string }
  | {
    readonly type: "text";
    readonly value: string;
    readonly description: string;
    readonly required?: true;
  }
  | { readonly type: "list"; readonly value: string; readonly description: string }
  | {
    readonly type: "integer";
    readonly value: string;
    readonly description: string;
    readonly min: number;
    readonly max: number;
    /** What is less is raised to it, and no error. */
    readonly floor?: number;
  };

/** `--name`, without a value. */
export const flag = (description: string): Option => ({ type: "flag", description });

/** `--name <value>` */
export const text = (value: string, description: string): Option => ({
  type: "text",
  value,
  description,
});

/** `--name <value>`, which must be there: a usage error without it. */
export const required = (value: string, description: string): Option => ({
  type: "text",
  value,
  description,
  required: true,
});

/** `--name <value>`, as often as wanted. */
export const list = (value: string, description: string): Option => ({
  type: "list",
  value,
  description,
});

/** `--name <n>`, a decimal integer from `min` (0) to `max` (2^31 - 1): else a usage error. */
export const integer = (
  value: string,
  description: string,
  { min = 0, max = 2 ** 31 - 1, floor }: { min?: number; max?: number; floor?: number } = {},
): Option => ({
  type: "integer",
  value,
  description,
  min,
  max,
  ...(floor === undefined ? {} : { floor }),
});

/** `watchInterval` is written `--watch-interval`. */
export const longFlag = (name: string): string =>
  "--" + name.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());
