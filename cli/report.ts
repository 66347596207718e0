/** How a failure reads: one line that starts with `error: `, then what to do next. */
import { z } from "zod";
import { TransportError } from "../platform/transport_error.ts";
import { WireError } from "../protocol/errors.ts";
import { longFlag, type Option } from "./options.ts";
import { MAX_MESSAGE, visible } from "../protocol/text/visible.ts";

const MAX_CHAIN = 6;

/** @returns the lines for stderr: never a stack trace, never more than the error says of itself */
export function reportLines(error: unknown): readonly string[] {
  const lines = [`error: ${errorChain(error)}`];
  const hint = error instanceof WireError ? error.hint : undefined;
  if (hint !== undefined) lines.push(...hint.split("\n").map((line) => `  ${shown(line)}`));
  return lines;
}

/** The messages from the outermost to the innermost cause, each once, joined by `: `. */
export function errorChain(error: unknown): string {
  if (!(error instanceof WireError)) return `internal error: ${firstLine(error)}`;
  let chain = firstLine(error);
  let cause: unknown = causeOf(error);
  for (let depth = 1; cause instanceof Error && depth < MAX_CHAIN; depth++) {
    const message = firstLine(cause);
    if (message !== "" && !chain.includes(message)) chain += `: ${message}`;
    cause = causeOf(cause);
  }
  return chain;
}

/** A TransportError's message is the whole chain already. */
const causeOf = (error: Error): unknown =>
  error instanceof TransportError ? undefined : error.cause;

/** The command line does not fit: an option's value, or what does not go together. Exit code 2. */
export class LineProblem extends WireError {
  override readonly name: string = "LineProblem";
}

/**
 * What does not fit an operation's input, in one line, in the words of the command line. A value that
 * is not for an option is refused by the operation, with its exit code.
 */
export function inputProblem(
  error: z.ZodError,
  { name, options }: { readonly name: string; readonly options: Readonly<Record<string, Option>> },
): WireError {
  const problems = error.issues.map(({ path: [first], message }) => {
    if (first === undefined) return message;
    const key = String(first);
    return isOption(key)
      ? `option '${longFlag(key)}' is invalid: ${message}`
      : `${key}: ${message}`;
  });
  const isOfLine = error.issues.every(({ path: [first] }) =>
    first === undefined || isOption(String(first))
  );
  if (!isOfLine) return new WireError("usage", problems.join("; "));
  return new LineProblem("usage", problems.join("; "), {
    hint: `for more, try: wire ${name} --help`,
  });

  function isOption(key: string): boolean {
    return Object.hasOwn(options, key);
  }
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return shown(message.split("\n", 1)[0] ?? "").trim();
}

const shown = (text: string): string => visible(text, { maxLength: MAX_MESSAGE });
