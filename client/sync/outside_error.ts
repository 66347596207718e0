/** Errors that a relay or the network is to blame for: the next round may do better. */
import { type ErrorCode, WireError } from "../../protocol/errors.ts";

const OUTSIDE: ReadonlySet<ErrorCode> = new Set([
  "unreachable",
  "relay_status",
  "relay_garbage",
  "timed_out",
]);

export const isOutside = (error: unknown): boolean =>
  error instanceof WireError && OUTSIDE.has(error.code);
