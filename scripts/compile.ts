/** One executable: `deno task compile [--target TRIPLE] [--output FILE]`. */
import {
  compileArguments,
  missingRuntime,
  outputFile,
  parseCompileOptions,
} from "./compile_command.ts";
import { say } from "./run_deno.ts";

const parsed = parseCompileOptions(Deno.args);
if (!parsed.ok) {
  await complain(parsed.problem);
  Deno.exit(2);
}
const output = outputFile(parsed.options, Deno.build.target);
const { code, stderr } = await new Deno.Command(Deno.execPath(), {
  args: [...compileArguments(parsed.options, output)],
  cwd: new URL("..", import.meta.url),
  env: { NO_COLOR: "1" },
  stdout: "inherit",
  stderr: "piped",
}).output();
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
