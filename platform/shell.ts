/** A command line of the user's own, run by the system's shell. Texts of others never stand in it. */

export interface ShellRun {
  /** What it reads. */
  readonly stdin: string;
  /** Beside our own environment; no value may hold a NUL. */
  readonly env: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  /** Ends it early, as the deadline does: SIGTERM to all of it, and SIGKILL after two seconds. */
  readonly signal: AbortSignal;
  /** Where its output goes; its stderr is ours. */
  readonly output: "stdout" | "stderr";
}

export type ShellEnd =
  | { readonly tag: "exited"; readonly code: number }
  | { readonly tag: "timed_out" }
  | { readonly tag: "stopped" };

export interface Shell {
  /** @throws {WireError} unreadable, if there is no shell */
  run(command: string, options: ShellRun): Promise<ShellEnd>;
}
