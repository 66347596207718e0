/**
 * The one error type of the project and the codes it may carry.
 *
 * Codes are API: add freely, never rename. Each surface (exit codes, HTTP, tools) maps them in one
 * total table of its own, so that a new code does not compile until every surface answers it.
 */

export const ERROR_CODES = [
  /** The command line or an argument is wrong. */
  "usage",
  /** A value from a file, a peer, a relay or the environment does not fit its schema. */
  "bad_input",
  /** Text that is not JSON, or JSON beyond the limits. */
  "bad_json",
  "not_initialized",
  "already_initialized",
  "not_found",
  /** The thing exists already, or belongs to somebody else. */
  "conflict",
  /** Policy, sealing or a missing capability says no. */
  "refused",
  /** Another process holds the lock; the message names it. */
  "locked",
  /** A file is there and cannot be read or understood. */
  "unreadable",
  /** A write did not reach the disk. */
  "write_failed",
  /** No answer from a relay: TLS, DNS, time-out or connection. */
  "unreachable",
  /** A relay answered with an error status. */
  "relay_status",
  /** A relay answered something that is not its protocol. */
  "relay_garbage",
  /** A relay does not offer any more what it offered before; the operator decides. */
  "feature_lost",
  "pairing_failed",
  "pairing_expired",
  "sas_mismatch",
  "not_verified",
  /** A wait ended without the thing waited for. */
  "timed_out",
  "interrupted",
  "internal",
] as const;

export type ErrorCode = typeof ERROR_CODES[number];

export interface WireErrorOptions {
  /** What to do next, read by people. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * What the caller cannot continue after. `message` and `hint` are read by people: one line, no
 * secrets, no final period, of the form "Cannot <action> <value>: <what was wanted>".
 */
export class WireError extends Error {
  override readonly name: string = "WireError";
  readonly hint: string | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: WireErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
  }
}
