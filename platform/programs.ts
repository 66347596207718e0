/** Other programs of the system, run to their end: service managers, checkers. */

export interface ProgramEnd {
  readonly code: number;
  /** At most 64 KiB of each. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface Programs {
  /**
   * Without input, in our environment.
   * @param program a name looked for in PATH, or a path
   * @returns undefined when there is no such program
   * @throws {WireError} timed_out, after it was killed
   */
  run(
    program: string,
    args: readonly string[],
    options: { readonly deadlineMs: number },
  ): Promise<ProgramEnd | undefined>;
}
