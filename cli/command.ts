/**
 * The shape of a command: an operation, how its arguments are written, and how its output is read
 * by people. Everything else (parsing, `--json`, errors, exit codes, signals) is the frame's.
 */
import type { z } from "zod";
import type { Operation, StreamOperation } from "../client/operation.ts";
import type { Platform } from "../platform/platform.ts";
import type { Option, OptionValues } from "./options.ts";
import type { Ui } from "./ui/ui.ts";

export type AnyOperation =
  | Operation<z.ZodType, z.ZodType>
  | StreamOperation<z.ZodType, z.ZodType>;

export interface Command<Op extends AnyOperation> {
  readonly operation: Op;
  /** Positional arguments as help shows them: `<needed>`, `[optional]`. */
  readonly usage: string;
  /** By name in camel case: `watchInterval` is `--watch-interval`. `--json` is everybody's. */
  readonly options: Readonly<Record<string, Option>>;
  /** Command lines as people type them. Help shows them all. */
  readonly examples: readonly string[];
  /**
   * The operation's input, before its schema checks it. Files and stdin are read here. `--json` is
   * among the options.
   */
  toInput(
    positionals: readonly string[],
    options: OptionValues,
    platform: Platform,
  ): unknown;
  /** Writes one output for people; for a stream, one item of it. `input` is what was asked for. */
  render(
    output: z.output<Op["output"]>,
    ui: Ui,
    asked: { readonly input: z.output<Op["input"]> },
  ): void;
}

/** Any command, as the frame sees it: outputs have passed the operation's schema by then. */
export type AnyCommand = Command<AnyOperation>;
