/**
 * SQLite files that hold nothing but what can be made again from other files: indexes. Nobody's only
 * copy of anything belongs in one.
 */
import { WireError } from "../protocol/errors.ts";

export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** Synchronous: what is between two awaits is seen by nobody else in this process. */
export interface Database extends Disposable {
  /** Several statements without values. @throws {WireError} as below */
  script(sql: string): void;
  /** @returns how many rows changed */
  run(sql: string, ...values: readonly SqlValue[]): number;
  /** @throws {WireError} unreadable: damaged, or no database at all; locked; write_failed */
  all(sql: string, ...values: readonly SqlValue[]): readonly SqlRow[];
  /** All of `work` or nothing, also after a crash; waits for other writers at its start. */
  transaction<T>(work: () => T): T;
}

export interface Databases {
  /**
   * Opens or makes the file, 0600, in a directory that is there.
   * @throws {WireError} unreadable, locked, write_failed
   */
  open(path: string): Promise<Database>;
  /** The file and what SQLite keeps beside it. @throws {WireError} write_failed */
  remove(path: string): Promise<void>;
}

/** What another process may keep locked at the most. */
export const BUSY_TIMEOUT_MS = 5_000;

/** Whoever reads an index cannot do with less than its schema. */
const DAMAGE =
  /not a database|malformed|corrupt|no such (?:table|column)|neither text nor a number/i;

/** SQLite's complaints as errors of this program. */
export function databaseError(path: string, error: unknown): unknown {
  const isSqlite = error instanceof Error && Reflect.get(error, "code") === "ERR_SQLITE_ERROR";
  if (!isSqlite && !(error instanceof ForeignValue)) return error;
  // Not every complaint has a number, but each has its text.
  const problem = error.message.replace(/\s+/g, " ");
  const name = JSON.stringify(path);
  if (/is locked/.test(problem)) {
    return new WireError("locked", `Cannot use ${name}: another process is writing to it`, {
      cause: error,
    });
  }
  const [errorCode, action] = DAMAGE.test(problem)
    ? ["unreadable", "read"] as const
    : ["write_failed", "write"] as const;
  return new WireError(errorCode, `Cannot ${action} ${name}: ${problem}`, { cause: error });
}

/** Nobody here stores blobs, or integers beyond 2^53: whoever meets one reads a damaged file. */
export class ForeignValue extends Error {}
