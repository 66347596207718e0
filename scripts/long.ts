/**
 * The long run: `deno task long [files]`. Every parser and verifier meets 100,000 cases, everything
 * else more than usual, each time with other seeds, and programs are killed many times over. Ends with `N passed, N failed`.
 */
import { say } from "./run_deno.ts";
import { runTests } from "./test.ts";

const ROOT = new URL("..", import.meta.url);
/** Pure code: cheap cases, many of them. */
const PURE = ["protocol/", "tests/fuzz/"];
const REST = [
  "platform/",
  "ipc/",
  "store/",
  "relay/",
  "client/",
  "daemon/",
  "mcp/",
  "cli/",
  "tests/",
];

const rounds = [
  { paths: PURE, env: { WIRE_TEST_RUNS: "100000", WIRE_CRASH_ROUNDS: "200" } },
  {
    paths: REST,
    env: { WIRE_TEST_RUNS: "2000", WIRE_CRASH_ROUNDS: "200", WIRE_FLOOD: "10000" },
  },
];

let passed = 0;
let failed = 0;
for (const { paths, env } of Deno.args.length > 0 ? rounds.slice(0, 1) : rounds) {
  const asked = Deno.args.length > 0 ? Deno.args : paths;
  const { line } = await runTests(asked, { cwd: ROOT, env });
  await say(line);
  passed += Number(line.match(/^(\d+) passed/)?.[1] ?? 0);
  failed += Number(line.match(/, (\d+) failed/)?.[1] ?? 1);
}
await say(`${passed} passed, ${failed} failed`);
Deno.exit(failed > 0 ? 1 : 0);
