/**
 * The whole gate: format, lint (layers included), types of the whole tree, layers, tests. Stops
 * after the checks if one of them fails, so that what is printed last is what is wrong.
 */
import { runDeno, say } from "./run_deno.ts";
import { runGateTests } from "./test.ts";

const ROOT = new URL("..", import.meta.url);

const CHECKS: Readonly<Record<string, readonly string[]>> = {
  format: ["fmt", "--check", "--quiet"],
  lint: ["lint", "--quiet"],
  types: ["check", "--quiet", "."],
  layers: ["run", "-A", "--quiet", "scripts/layers.ts"],
};

const failed: string[] = [];
for (const [name, args] of Object.entries(CHECKS)) {
  if (await runDeno(args, { cwd: ROOT }) !== 0) failed.push(name);
}
if (failed.length > 0) {
  await say(`not ok: ${failed.join(", ")}`);
  Deno.exit(1);
}
const { exitCode, line } = await runGateTests(Deno.args, { cwd: ROOT });
await say(line);
Deno.exit(exitCode);
