/**
 * The shape of a tool: its schemas, what it may do, and how it does it. Listing and handler come from
 * this one definition (lesson 51). See docs/protocol/mcp.md §4.
 */
import type { z } from "zod";
import type { ToolCall } from "./tool_call.ts";
import { parseArguments } from "./tool_arguments.ts";

/** What a host may show and decide by. All four are always said. */
export interface Effects {
  readonly readOnly: boolean;
  /** May take something away or cannot be undone. */
  readonly destructive: boolean;
  /** Once more with the same arguments changes nothing more. */
  readonly idempotent: boolean;
  /** Talks to a relay or a peer. */
  readonly openWorld: boolean;
}

export interface ToolDefinition<Input extends z.ZodObject, Output extends z.ZodType> {
  readonly name: `wire_${string}`;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  /** Of the value that the text of a result holds. */
  readonly output: Output;
  /** A list is put under this name in structured results, which must be objects. */
  readonly listAs?: string;
  readonly effects: Effects;
  run(call: ToolCall, input: z.output<Input>): Promise<z.output<Output>>;
}

/** Any tool, as the server sees it. */
export interface Tool extends Omit<ToolDefinition<z.ZodObject, z.ZodType>, "run"> {
  /** @throws {WireError} also `usage` for arguments; {InputNeeded} */
  call(call: ToolCall, args: Readonly<Record<string, unknown>>): Promise<unknown>;
}

export function defineTool<Input extends z.ZodObject, Output extends z.ZodType>(
  definition: ToolDefinition<Input, Output>,
): Tool {
  const { run, ...described } = definition;
  return {
    ...described,
    call: async (call, args) => await run(call, parseArguments(definition.input, args)),
  };
}

const QUIET = { destructive: false, idempotent: true, openWorld: false } as const;

/** Looks only, on this machine. */
export const READS: Effects = { readOnly: true, ...QUIET };
/** Looks only, also elsewhere. */
export const LOOKS_AROUND: Effects = { ...READS, openWorld: true };
/** Adds something here or there; again is the same. */
export const ADDS: Effects = { readOnly: false, ...QUIET, openWorld: true };
/** Each call is another one. */
export const ADDS_ANEW: Effects = { ...ADDS, idempotent: false };
/** Ends or replaces something. */
export const ENDS: Effects = { ...ADDS, destructive: true };
