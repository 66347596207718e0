/**
 * The exit code for every kind of failure, in one total table.
 * See docs/protocol/extensions.md §13 and docs/protocol/cli.md §1.1.
 */
import type { ErrorCode } from "../protocol/errors.ts";

/** What the shell reports for a process that a signal ended. */
export const INTERRUPTED = 130;
/** The reader of our output went away: what the shell reports for SIGPIPE. */
export const BROKEN_PIPE = 141;
/** The command line itself is wrong: unknown command or option, missing argument, bad number. */
export const USAGE = 2;

export const EXIT_CODE: Readonly<Record<ErrorCode, number>> = {
  /** An argument's value that the operation refuses; 0.5.19 exits 1 for it, and 2 only for grammar. */
  usage: 1,
  bad_input: 1,
  bad_json: 1,
  not_initialized: 1,
  already_initialized: 1,
  not_found: 1,
  conflict: 1,
  refused: 4,
  locked: 1,
  unreadable: 1,
  write_failed: 1,
  unreachable: 1,
  relay_status: 1,
  relay_garbage: 1,
  pairing_failed: 1,
  pairing_expired: 1,
  sas_mismatch: 1,
  not_verified: 1,
  timed_out: 1,
  interrupted: INTERRUPTED,
  internal: 1,
};

/** Commands whose exit code depends on what they found (docs/protocol/cli.md §4, §6.3). */
const OUTCOME: Readonly<Record<string, (output: Readonly<Record<string, unknown>>) => number>> = {
  verify: ({ verified }) => verified === true ? 0 : 1,
};

/** @param output the last output of a command that did not fail */
export function outcomeExitCode(command: string, output: unknown): number {
  const outcome = OUTCOME[command];
  if (outcome === undefined || typeof output !== "object" || output === null) return 0;
  return outcome({ ...output });
}
