import { WireError } from "../protocol/errors.ts";

/** Why a deadline signal aborted, `ms` milliseconds after it was made. */
export const timedOut = (ms: number): WireError =>
  new WireError("timed_out", `operation timed out after ${ms} ms`);
