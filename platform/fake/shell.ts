/** Commands that a test looks at and ends. */
import type { Shell, ShellEnd, ShellRun } from "../shell.ts";

export class FakeShell implements Shell {
  /** Oldest first. */
  readonly runs: (ShellRun & { readonly command: string })[] = [];
  /** How each ends: at once and well, unless a test says otherwise. */
  onRun: (run: ShellRun) => Promise<ShellEnd> | ShellEnd = () => ({ tag: "exited", code: 0 });
  /** At the same time, at most so far. */
  most = 0;
  #running = 0;

  async run(command: string, options: ShellRun): Promise<ShellEnd> {
    this.runs.push({ command, ...options });
    this.most = Math.max(this.most, ++this.#running);
    try {
      return await this.onRun(options);
    } finally {
      this.#running--;
    }
  }
}
