/**
 * The program's entry: the only file that knows argv, the process's streams as a whole, and how to
 * exit. `--version` is answered before anything else is loaded, so that it costs a bare start.
 */
import { VERSION_LINE } from "./cli/version.ts";

const args = Deno.args;
const isVersion = args[0] === "--version" || args[0] === "-V";

if (args.length === 1 && isVersion) {
  await Deno.stdout.write(new TextEncoder().encode(VERSION_LINE + "\n"));
} else if (args.length === 2 && isVersion && args[1] === "--json") {
  const [{ buildInfo }, { realPlatform }] = await Promise.all([
    import("./cli/build_info.ts"),
    import("./platform/real.ts"),
  ]);
  const root = import.meta.dirname ?? ".";
  const info = await buildInfo(realPlatform().files, {
    root,
    runtime: `deno ${Deno.version.deno}`,
  });
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(info) + "\n"));
} else {
  const [{ runProgram }, { realPlatform }] = await Promise.all([
    import("./cli/program.ts"),
    import("./platform/real.ts"),
  ]);
  // An explicit exit: a socket kept alive for the next request must not keep a finished command.
  Deno.exit(await runProgram(args, realPlatform()));
}
