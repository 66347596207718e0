/**
 * Two relays over one KV server: `deno task cluster:test [files]`. Needs `denokv` (scripts/denokv.ts
 * finds or builds it). Ends with `N passed, N failed`.
 */
import { findDenokv } from "./denokv.ts";
import { say } from "./run_deno.ts";
import { runTests } from "./test.ts";

const ROOT = new URL("..", import.meta.url);
const TESTS = new URL("../tests/cluster/", import.meta.url);

const denokv = await findDenokv();
if (denokv === undefined) {
  await say("0 passed, 1 failed");
  Deno.exit(1);
}
const files = await Array.fromAsync(Deno.readDir(TESTS), ({ name }) => name);
const all = files.filter((name) => name.endsWith("_cluster.ts"))
  .map((name) => `tests/cluster/${name}`).sort();
const asked = Deno.args.length > 0 ? Deno.args : all;
const { exitCode, line } = await runTests(asked, {
  cwd: ROOT,
  env: { WIRE_DENOKV: denokv, DENO_JOBS: "1" },
});
await say(line);
Deno.exit(exitCode);
