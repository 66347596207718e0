/** How a failed call reads: prose in a result of its own, in one total table of kinds. */
import type { ErrorCode } from "../protocol/errors.ts";
import { WireError } from "../protocol/errors.ts";
import { MAX_MESSAGE, visible } from "../protocol/text/visible.ts";

/**
 * `tool`: a result with `isError`, which the model reads and can act on. `fault`: ours, which it
 * cannot; a JSON-RPC error without any detail.
 */
export const TOOL_ERROR: Readonly<Record<ErrorCode, "tool" | "fault">> = {
  usage: "tool",
  bad_input: "tool",
  bad_json: "tool",
  not_initialized: "tool",
  already_initialized: "tool",
  not_found: "tool",
  conflict: "tool",
  refused: "tool",
  locked: "tool",
  unreadable: "tool",
  write_failed: "tool",
  unreachable: "tool",
  relay_status: "tool",
  relay_garbage: "tool",
  feature_lost: "tool",
  pairing_failed: "tool",
  pairing_expired: "tool",
  sas_mismatch: "tool",
  not_verified: "tool",
  timed_out: "tool",
  interrupted: "tool",
  internal: "fault",
};

/** In place of a command: not every agent has a shell, nor every profile this tool. */
const MAKE_IDENTITY =
  "call wire_init with a handle, or ask your operator to run: wire init <handle>";

const MAX_CHAIN = 6;

/** The messages from the outermost to the innermost, then what to do next. Never a stack trace. */
export function toolErrorText(error: WireError): string {
  let chain = line(error.message);
  let cause: unknown = error.cause;
  for (let depth = 1; cause instanceof WireError && depth < MAX_CHAIN; depth++) {
    const message = line(cause.message);
    if (!chain.includes(message)) chain += `: ${message}`;
    cause = cause.cause;
  }
  const hint = error.code === "not_initialized" ? MAKE_IDENTITY : error.hint;
  return hint === undefined ? chain : `${chain}\n${hint.split("\n").map(line).join("\n")}`;
}

const line = (text: string): string => visible(text, { maxLength: MAX_MESSAGE }).trim();
