/** Failures after which the same is tried again, and nothing else is held up. */
import { WireError } from "../../protocol/errors.ts";
import { isOutside } from "../sync/outside_error.ts";

/** A relay's own, and another command of ours that is at it this moment. */
export const mayPass = (error: unknown): boolean =>
  isOutside(error) ||
  (error instanceof WireError && (error.code === "locked" || error.code === "conflict"));
