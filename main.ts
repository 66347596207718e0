/**
 * The program's entry: the only file that knows argv, the process's streams as a whole, and how to
 * exit. `--version` is answered before anything else is loaded, so that it costs a bare start.
 */
import { VERSION_LINE } from "./cli/version.ts";

const args = Deno.args;

if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
  await Deno.stdout.write(new TextEncoder().encode(VERSION_LINE + "\n"));
} else {
  const [{ runProgram }, { realPlatform }] = await Promise.all([
    import("./cli/program.ts"),
    import("./platform/real.ts"),
  ]);
  // An explicit exit: a socket kept alive for the next request must not keep a finished command.
  Deno.exit(await runProgram(args, realPlatform()));
}
