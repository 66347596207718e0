/** One call of a tool: from a name and arguments to a result. */
import { createHash } from "node:crypto";
import {
  type CallToolResult,
  inputRequired,
  type InputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
} from "@modelcontextprotocol/server";
import { WireError } from "../protocol/errors.ts";
import { printJson } from "../protocol/json/print.ts";
import { isJsonObject, type Json } from "../protocol/json/value.ts";
import { findTool, rowOf } from "./catalogue.ts";
import type { McpHost } from "./host.ts";
import { cleanJson, cleanText } from "./peer_text.ts";
import type { Tool } from "./tool.ts";
import { InputNeeded, type OperatorAnswer, type Question, type ToolCall } from "./tool_call.ts";
import { TOOL_ERROR, toolErrorText } from "./tool_error.ts";

export interface Asked {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  /** What the operator answered, if a call before this one asked; `cannot_ask` if nobody could. */
  answer(question: Question): OperatorAnswer | undefined;
  subscribe(uri: string): boolean;
  progress(message: string): Promise<void>;
}

/** By which an answer is known to be one to these very words, and not to what was asked before. */
export const questionId = ({ message, wants }: Question): string =>
  `operator-${createHash("sha256").update(`${wants} ${message}`).digest("hex").slice(0, 16)}`;

/**
 * @throws {ProtocolError} internal error, for a fault of ours; its cause is in the log
 */
export async function callTool(
  host: McpHost,
  asked: Asked,
): Promise<CallToolResult | InputRequiredResult> {
  const row = rowOf(asked.name, asked.args);
  const call = (): ReturnType<typeof called> => called(host, asked);
  return row === undefined ? await call() : await host.turns.run(row, call);
}

async function called(
  host: McpHost,
  asked: Asked,
): Promise<CallToolResult | InputRequiredResult> {
  const warnings: string[] = [];
  const tool = await findTool(asked.name, host.profile);
  if (tool === undefined) return failed(unknownTool(asked.name));
  try {
    const context = await host.context((line) => void warnings.push(line));
    const call: ToolCall = {
      host,
      context,
      signal: AbortSignal.any([asked.signal, host.signal]),
      askOperator(question) {
        const answer = asked.answer(question);
        if (answer === undefined) throw new InputNeeded(question);
        return answer;
      },
      subscribe: (uri) => asked.subscribe(uri),
      progress: (message) => asked.progress(message),
    };
    const skew = host.skew.look(context);
    const value = await tool.call(call, asked.args);
    const told = await skew;
    return done(tool, value, told === undefined ? warnings : [...warnings, told]);
  } catch (error) {
    if (error instanceof InputNeeded) return question(error.question);
    // Called off: nobody reads the answer.
    if (asked.signal.aborted || host.signal.aborted) throw error;
    if (error instanceof WireError && TOOL_ERROR[error.code] === "tool") {
      return failed(toolErrorText(error), warnings);
    }
    host.platform.log.error("internal error", {
      tool: asked.name,
      cause: error instanceof Error ? error.stack ?? error.message : String(error),
    });
    throw new ProtocolError(ProtocolErrorCode.InternalError, "internal error: a fault of wire");
  }
}

/** Names of 0.5.19's past say where they went. */
function unknownTool(name: string): string {
  const shown = cleanText(name).slice(0, 64);
  return name === "wire_join"
    ? "unknown tool: wire_join; it is called wire_pair_join"
    : `unknown tool: ${shown}`;
}

/** What was done before it failed is told, too. */
const failed = (text: string, warnings: readonly string[] = []): CallToolResult => ({
  content: [text, ...beside(warnings)].map((text) => ({ type: "text", text })),
  isError: true,
});

/** In a text of its own, where the answer has no member for it. */
const beside = (warnings: readonly string[]): readonly string[] =>
  warnings.length === 0 ? [] : [`warning: ${cleanText(warnings.join("\n"))}`];

/** The text is the value as 0.5.19 prints it; what was said beside it is told as `warning`. */
function done(tool: Tool, value: unknown, warnings: readonly string[]): CallToolResult {
  // Every tool's value is JSON by its schema.
  const clean = cleanJson(tool.output.parse(value) as Json);
  const warning = warnings.length === 0 ? {} : { warning: cleanText(warnings.join("\n")) };
  const shown: Json = isJsonObject(clean) ? { ...clean, ...warning } : clean;
  const structured: Json = isJsonObject(shown)
    ? shown
    : { [tool.listAs ?? "result"]: shown, ...warning };
  return {
    content: [printJson(shown), ...isJsonObject(shown) ? [] : beside(warnings)].map((text) => ({
      type: "text",
      text,
    })),
    structuredContent: sorted(structured),
    isError: false,
  };
}

/** Members in the order of the text. */
function sorted(value: Json): Record<string, unknown> {
  const read: unknown = JSON.parse(printJson(value));
  return typeof read === "object" && read !== null ? { ...read } : {};
}

function question(asked: Question): InputRequiredResult {
  const { message, wants } = asked;
  const digits = {
    type: "string",
    title: "Digits",
    description: "The six digits that your peer reads to you",
    minLength: 6,
    maxLength: 16,
  } as const;
  const yes = { type: "boolean", title: "Yes, do it" } as const;
  return inputRequired({
    inputRequests: {
      [questionId(asked)]: inputRequired.elicit({
        message,
        requestedSchema: {
          type: "object",
          properties: wants === "digits" ? { digits } : { yes },
          required: [wants],
        },
      }),
    },
  });
}
