/**
 * What a line or a body is, in the words of 0.5.19, with its leniency: a missing `jsonrpc`, and
 * arguments that are null or no object. Pure. See docs/protocol/mcp.md §2.
 */
import { type JSONRPCMessage, parseJSONRPCMessage } from "@modelcontextprotocol/server";
import { isRecord, lenientParams } from "./lenient_params.ts";

export interface Refusal {
  readonly jsonrpc: "2.0";
  /** null where there was none that could be answered to. */
  readonly id: string | number | null;
  readonly error: { readonly code: number; readonly message: string };
}

export type ReadMessage =
  | { readonly tag: "message"; readonly message: JSONRPCMessage }
  | { readonly tag: "refused"; readonly reply: Refusal }
  /** An empty line. */
  | { readonly tag: "nothing" };

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const INVALID_PARAMS = -32602;

export function readMessage(line: string): ReadMessage {
  const text = line.trim();
  if (text === "") return { tag: "nothing" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : "not JSON";
    return unparsable(detail);
  }
  return messageOf(value);
}

export const unparsable = (detail: string): ReadMessage =>
  refused(undefined, PARSE_ERROR, `parse error: ${detail}`);

/** As {@linkcode readMessage}, of what was parsed already. */
export function messageOf(value: unknown): ReadMessage {
  if (!isRecord(value)) return refused(undefined, INVALID_REQUEST, "missing method");
  const { id } = value;
  if (id !== undefined && typeof id !== "string" && !Number.isInteger(id)) {
    return refused(undefined, INVALID_REQUEST, "id must be a string or an integer");
  }
  if (isAnswer(value)) return passedOn(value);
  const { method, params } = value;
  if (typeof method !== "string") return refused(id, INVALID_REQUEST, "missing method");
  const problem = paramsProblem(method, params ?? {});
  // A notification is never answered.
  if (problem !== undefined && id === undefined) return { tag: "nothing" };
  if (problem !== undefined) return refused(id, INVALID_PARAMS, problem);
  if (method === "notifications/initialized") return passedOn({ method });
  const lenient = lenientParams(method, isRecord(params) ? params : {});
  const isNothing = (params === undefined || params === null) && Object.keys(lenient).length === 0;
  return passedOn({ ...value, params: isNothing ? undefined : lenient });
}

/** Names the one thing without which nothing can be done. */
function paramsProblem(method: string, params: unknown): string | undefined {
  if (!isRecord(params)) return "params must be an object";
  if (method === "tools/call" && typeof params["name"] !== "string") return "missing tool name";
  const isOfResource = /^resources\/(read|subscribe|unsubscribe)$/.test(method);
  return isOfResource && typeof params["uri"] !== "string" ? "missing 'uri'" : undefined;
}

/** The id as a key, so that 1 and "1" are two. */
export function idOf(message: JSONRPCMessage): string | undefined {
  return "id" in message && message.id !== undefined ? JSON.stringify(message.id) : undefined;
}

/** To a question of ours. */
const isAnswer = (value: Readonly<Record<string, unknown>>): boolean =>
  value["method"] === undefined && value["id"] !== undefined &&
  (isRecord(value["result"]) || isRecord(value["error"]));

function passedOn(value: Readonly<Record<string, unknown>>): ReadMessage {
  const { params, ...others } = value;
  const message = { ...others, ...(params === undefined ? {} : { params }), jsonrpc: "2.0" };
  try {
    return { tag: "message", message: parseJSONRPCMessage(message) };
  } catch (error) {
    // What a message of no schema is wrong with, the SDK says in pages.
    if (!(error instanceof Error)) throw error;
    return refused(value["id"], INVALID_REQUEST, "no JSON-RPC message");
  }
}

const refused = (id: unknown, code: number, message: string): ReadMessage => ({
  tag: "refused",
  reply: {
    jsonrpc: "2.0",
    id: typeof id === "string" || typeof id === "number" ? id : null,
    error: { code, message },
  },
});
