/** What a failed POST says about the message and about the mailbox. Pure. */
import { type ErrorCode, WireError } from "../../protocol/errors.ts";
import { RelayStatusError } from "../relay/status_error.ts";
import { isOutside } from "./outside_error.ts";

export type PostFailure =
  /** The mailbox cannot be used now: the next route is tried, this one rests. */
  | "mailbox"
  /** This one message is not taken; the others may be. */
  | "message";

/**
 * @param error as `postEvent` threw it
 * @throws the error itself, if it is none of a relay's or of the network's
 */
export function postFailure(error: unknown): PostFailure {
  if (error instanceof RelayStatusError) {
    const isAboutTheEvent = error.status === 400 || error.status === 422 ||
      (error.status === 413 && !error.message.includes("quota"));
    return isAboutTheEvent ? "message" : "mailbox";
  }
  if (isOutside(error) || isDistrusted(error)) return "mailbox";
  throw error;
}

const DISTRUSTED: ReadonlySet<ErrorCode> = new Set(["feature_lost", "not_verified"]);

/** The relay is not what it was, and the operator has to decide: nothing goes there until then. */
export const isDistrusted = (error: unknown): boolean =>
  error instanceof WireError && DISTRUSTED.has(error.code);
