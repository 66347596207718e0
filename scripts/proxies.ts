/**
 * The relay behind Caddy and nginx as docs/relay.md configures them: `deno task proxies:test`. A
 * proxy that is not installed is skipped and counted so. Ends with `N passed, N failed`.
 */
import { say } from "./run_deno.ts";
import { runTests } from "./test.ts";

const ROOT = new URL("..", import.meta.url);
const { exitCode, line } = await runTests(["tests/proxies/tls_proxies.ts"], { cwd: ROOT });
await say(line);
Deno.exit(exitCode);
