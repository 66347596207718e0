/** One executable: `deno task compile [--target TRIPLE] [--output FILE]`. */
import { fileURLToPath } from "node:url";
import {
  compileArguments,
  missingRuntime,
  outputFile,
  parseCompileOptions,
} from "./compile_command.ts";
import { BUILD_FILE } from "../cli/build_info.ts";
import { writeBuild } from "./pack/build.ts";
import { say } from "./run_deno.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const parsed = parseCompileOptions(Deno.args);
if (!parsed.ok) {
  await complain(parsed.problem);
  Deno.exit(2);
}
const output = outputFile(parsed.options, Deno.build.target);
await writeBuild(ROOT); // it is compiled in
const { code, stderr } = await new Deno.Command(Deno.execPath(), {
  args: [...compileArguments(parsed.options, output)],
  cwd: ROOT,
  env: { NO_COLOR: "1" },
  stdout: "inherit",
  stderr: "piped",
}).output();
await Deno.remove(`${ROOT}${BUILD_FILE}`);
if (code === 0) {
  await say(output);
} else {
  const text = new TextDecoder().decode(stderr);
  await complain(missingRuntime(text) ?? text.trimEnd());
  Deno.exit(1);
}

async function complain(text: string): Promise<void> {
  await Deno.stderr.write(new TextEncoder().encode(`${text}\n`));
}
