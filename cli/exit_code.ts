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
  feature_lost: 4,
  pairing_failed: 1,
  pairing_expired: 1,
  sas_mismatch: 1,
  not_verified: 1,
  timed_out: 1,
  interrupted: INTERRUPTED,
  internal: 1,
};

/** Where a command has another code than the table's (docs/protocol/cli.md §6.3). */
const OF_COMMAND: Readonly<Record<string, Partial<Record<ErrorCode, number>>>> = {
  "pair-watch": { timed_out: 2 },
};

/** @param command its name, unless the failure came before any */
export function exitCodeOf(code: ErrorCode, command: string | undefined): number {
  const own = command === undefined ? undefined : OF_COMMAND[command];
  return own?.[code] ?? EXIT_CODE[code];
}

/** What a command's last output means beyond itself. */
export interface Outcome {
  readonly exitCode: number;
  /** Goes to stderr behind `error: `, with and without `--json`. */
  readonly complaint?: string;
}

/** A proof, a log or a store does not verify. */
const DAMAGED = 7;

/** `--wait` has no evidence in time. */
const NOT_IN_TIME = 3;

const FINE: Outcome = { exitCode: 0 };
const FAILED: Outcome = { exitCode: 1 };

type Fields = Readonly<Record<string, unknown>>;

/** Commands whose exit code depends on what they found (docs/protocol/cli.md §4 and §6.3). */
const OUTCOME: Readonly<Record<string, (output: Fields) => Outcome>> = {
  "relay-admin check": ({ damaged, problems_found }) =>
    damaged !== true ? FINE : {
      exitCode: DAMAGED,
      complaint: `the store is damaged: ${problems_found} found; restore a backup`,
    },
  "doctor": ({ ok }) => ok === true ? FINE : FAILED,
  "send": ({ waited_for, reached, step }) =>
    reached !== false ? FINE : {
      exitCode: NOT_IN_TIME,
      complaint: `not ${waited_for} in time: the message is ${step}, and goes on by itself`,
    },
  "verify": ({ verified }) => verified === true ? FINE : FAILED,
  "pair-confirm": ({ state }) =>
    state !== "aborted" ? FINE : {
      exitCode: 1,
      complaint: "digits mismatch — pair aborted. " +
        "Re-issue with a fresh `wire pair-host --detach`",
    },
};

/** @param output the last output of a command that did not fail */
export function outcomeOf(command: string, output: unknown): Outcome {
  const outcome = OUTCOME[command];
  if (outcome === undefined || typeof output !== "object" || output === null) return FINE;
  return outcome({ ...output });
}
