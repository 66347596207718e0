/** What both service managers are asked with: a program of the system, and what its failure says. */
import type { ProgramEnd, Programs } from "../../platform/programs.ts";

export const DEADLINE_MS = 20_000;

/** @returns how it ended; a program that is not there fails as it does in a shell */
export async function ask(
  programs: Programs,
  program: string,
  args: readonly string[],
): Promise<ProgramEnd> {
  return await programs.run(program, args, { deadlineMs: DEADLINE_MS }) ??
    { code: 127, stdout: "", stderr: `${program} is not there` };
}

/** @param name what it is called where it said nothing itself */
export function problemOf(
  { code, stderr, stdout }: ProgramEnd,
  name: string,
): string | undefined {
  if (code === 0) return undefined;
  return (stderr.trim() || stdout.trim() || `${name} ended with ${code}`).split("\n")[0];
}
