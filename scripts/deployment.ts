/**
 * The tests of the relay's routes once more, over the store that Deno Deploy gives: everything in a
 * KV that others may use. `deno task deploy:test`. Ends with `N passed, N failed`.
 */
import { say } from "./run_deno.ts";
import { runTests } from "./test.ts";

const ROOT = new URL("..", import.meta.url);
const FILES = ["claim_proof", "deploy", "directory", "events", "frame", "grants", "intro", "pair"]
  .concat(["pair2", "short_invite", "stream"]).map((name) => `tests/relay/${name}_test.ts`);
const { exitCode, line } = await runTests(FILES, {
  cwd: ROOT,
  env: { WIRE_RELAY_STORE: "shared" },
});
await say(line);
Deno.exit(exitCode);
