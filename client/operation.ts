/**
 * What a client can do: one value per thing, with the schemas of its input and output. Every face
 * (command line, tools, daemon) calls the same value.
 */
import type { z } from "zod";
import type { ClientContext } from "./context.ts";

/** Does one thing and answers once. */
export interface Operation<Input extends z.ZodType, Output extends z.ZodType> {
  readonly input: Input;
  readonly output: Output;
  run(context: ClientContext, input: z.output<Input>): Promise<z.output<Output>>;
}

/** Answers with any number of items: until there are no more, or until `signal` aborts. */
export interface StreamOperation<Input extends z.ZodType, Output extends z.ZodType> {
  readonly input: Input;
  readonly output: Output;
  stream(
    context: ClientContext,
    input: z.output<Input>,
    signal: AbortSignal,
  ): AsyncIterable<z.output<Output>>;
}
