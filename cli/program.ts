/** The whole command line: from arguments to an exit code. Never throws. */
import { WireError } from "../protocol/errors.ts";
import type { Platform } from "../platform/platform.ts";
import { BROKEN_PIPE, exitCodeOf, USAGE } from "./exit_code.ts";
import { Interrupted } from "./interrupt.ts";
import { type ParsedLine, parseLine } from "./parser.ts";
import { LineProblem, reportLines } from "./report.ts";
import { BrokenPipe, Ui } from "./ui/ui.ts";

const HELP_COLUMNS = 80;
const WIDEST_HELP = 100;

/**
 * @param args the command line without the program's name
 * @returns the exit code, after everything has been written
 */
export async function runProgram(args: readonly string[], platform: Platform): Promise<number> {
  const ui = new Ui(platform.terminal);
  let command: string | undefined;
  try {
    const line = await parseLine(args, Math.min(ui.width ?? HELP_COLUMNS, WIDEST_HELP));
    if (line.tag === "run") command = line.entry.name;
    const exitCode = await run(line, platform, ui);
    await ui.flush();
    return exitCode;
  } catch (error) {
    return await fail(error, { command, platform, ui });
  }
}

async function run(line: ParsedLine, platform: Platform, ui: Ui): Promise<number> {
  if (line.tag === "run") {
    // Help and usage errors need nothing of the client.
    const { execute } = await import("./execute.ts");
    return await execute(line, platform, ui);
  }
  if (line.stdout !== "") ui.line(line.stdout.trimEnd());
  if (line.stderr !== "") ui.error(line.stderr.trimEnd());
  return line.exitCode;
}

async function fail(
  error: unknown,
  { command, platform, ui }: { command: string | undefined; platform: Platform; ui: Ui },
): Promise<number> {
  if (error instanceof BrokenPipe) return BROKEN_PIPE;
  const exitCode = error instanceof Interrupted
    ? error.exitCode
    : error instanceof LineProblem
    ? USAGE
    : exitCodeOf(error instanceof WireError ? error.code : "internal", command);
  // Behind what a terminal echoed for Ctrl-C, or a prompt.
  if (error instanceof Interrupted) {
    ui.error(`${ui.width === undefined ? "" : "\n"}${error.message}`);
  } else for (const line of reportLines(error)) ui.error(line);
  if (!(error instanceof WireError)) {
    ui.error("  this is a fault of wire; with WIRE_LOG=error in the environment it says more");
    platform.log.error("internal error", {
      cause: error instanceof Error ? error.stack ?? error.message : String(error),
    });
  }
  try {
    await ui.flush();
  } catch (closed) {
    // stderr takes nothing any more; the exit code still says what happened.
    platform.log.debug("stderr is closed", { cause: String(closed) });
  }
  return exitCode;
}
