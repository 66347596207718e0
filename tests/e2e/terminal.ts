/**
 * `wire` on a real terminal: util-linux `script` gives it one. Where there is no `script`, tests
 * that need a terminal fail rather than pass unseen.
 */
import { wireCommand, wireEnv, type WireOptions, WireProcess } from "../../scripts/wire_process.ts";

export interface TerminalOptions extends WireOptions {
  readonly columns: number;
}

/** Starts `wire …` with all three streams on a terminal; everything shown comes on `stdout`. */
export function startOnTerminal(args: readonly string[], options: TerminalOptions): WireProcess {
  const [executable, line] = wireCommand(args);
  const shell = `stty cols ${options.columns} rows 40 -echo; exec ${
    [executable, ...line].map(quoted).join(" ")
  }`;
  return new WireProcess(
    `wire ${args.join(" ")} on a terminal`,
    new Deno.Command("script", {
      args: ["--quiet", "--flush", "--return", "--command", shell, "/dev/null"],
      env: { TERM: "xterm-256color", SHELL: "/bin/sh", ...wireEnv(options) },
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );
}

/** What one command shows on a terminal of that many columns, line by line. */
export async function shown(
  args: readonly string[],
  options: TerminalOptions,
): Promise<readonly string[]> {
  await using child = startOnTerminal(args, options);
  const { stdout } = await child.finished();
  return stdout.replaceAll("\r\n", "\n").trimEnd().split("\n");
}

// deno-lint-ignore no-control-regex
const SEQUENCE = /\u001b\[[0-9;?]*[A-Za-z]/g;

/** Without colours and cursor movements. */
export const uncoloured = (line: string): string => line.replace(SEQUENCE, "");

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
