/** The whole command line: from arguments to an exit code. Never throws. */
import { WireError } from "../protocol/errors.ts";
import type { Platform } from "../platform/platform.ts";
import { BROKEN_PIPE, EXIT_CODE } from "./exit_code.ts";
import { Interrupted } from "./interrupt.ts";
import { parseLine } from "./parser.ts";
import { reportLines } from "./report.ts";
import { BrokenPipe, Ui } from "./ui/ui.ts";

const HELP_COLUMNS = 80;
const WIDEST_HELP = 100;

/**
 * @param args the command line without the program's name
 * @returns the exit code, after everything has been written
 */
export async function runProgram(args: readonly string[], platform: Platform): Promise<number> {
  const ui = new Ui(platform.terminal);
  try {
    const exitCode = await run(args, platform, ui);
    await ui.flush();
    return exitCode;
  } catch (error) {
    return await fail(error, platform, ui);
  }
}

async function run(args: readonly string[], platform: Platform, ui: Ui): Promise<number> {
  const line = await parseLine(args, Math.min(ui.width ?? HELP_COLUMNS, WIDEST_HELP));
  if (line.tag === "run") {
    // Help and usage errors need nothing of the client.
    const { execute } = await import("./execute.ts");
    return await execute(line, platform, ui);
  }
  if (line.stdout !== "") ui.line(line.stdout.trimEnd());
  if (line.stderr !== "") ui.error(line.stderr.trimEnd());
  return line.exitCode;
}

async function fail(error: unknown, platform: Platform, ui: Ui): Promise<number> {
  if (error instanceof BrokenPipe) return BROKEN_PIPE;
  const exitCode = error instanceof Interrupted
    ? error.exitCode
    : EXIT_CODE[error instanceof WireError ? error.code : "internal"];
  if (error instanceof Interrupted) ui.error(error.message);
  else for (const line of reportLines(error)) ui.error(line);
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
