/** Programs that a test answers for. */
import type { ProgramEnd, Programs } from "../programs.ts";

type Answer = (args: readonly string[]) => Partial<ProgramEnd> | undefined;

export class FakePrograms implements Programs {
  /** Every call: the program's name and its arguments. */
  readonly calls: (readonly string[])[] = [];
  /** By the program's name; one that is not there is missing from the system. */
  readonly answers = new Map<string, Answer>();

  run(program: string, args: readonly string[]): Promise<ProgramEnd | undefined> {
    this.calls.push([program, ...args]);
    const end = this.answers.get(program)?.(args);
    return Promise.resolve(end && { code: 0, stdout: "", stderr: "", ...end });
  }
}
