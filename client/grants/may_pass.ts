/** Failures after which the same is tried again, and nothing else is held up. */
import { type ErrorCode, WireError } from "../../protocol/errors.ts";
import { isOutside } from "../sync/outside_error.ts";

const PASSING: ReadonlySet<ErrorCode> = new Set(["locked", "conflict", "feature_lost"]);

/**
 * A relay's own, another command of ours that is at it this moment, and a relay that has lost a
 * feature: until the operator decides, that step waits and mail goes on.
 */
export const mayPass = (error: unknown): boolean =>
  isOutside(error) || (error instanceof WireError && PASSING.has(error.code));
