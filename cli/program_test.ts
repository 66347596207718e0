import assert from "node:assert/strict";
import { fakePlatform } from "../platform/fake/platform.ts";
import { runProgram } from "./program.ts";

Deno.test("program: no identity is exit 1, one line on stderr with what to do, nothing on stdout", async () => {
  const platform = fakePlatform();
  assert.equal(await runProgram(["whoami"], platform), 1);
  assert.equal(platform.terminal.stdout.text, "");
  assert.match(platform.terminal.stderr.text, /^error: .*not initialized/);
  assert.match(platform.terminal.stderr.text, /wire init/);
});

Deno.test("program: usage errors are exit 2 on stderr, help is exit 0 on stdout", async () => {
  const wrong = fakePlatform();
  assert.equal(await runProgram(["whoami", "--jsn"], wrong), 2);
  assert.equal(wrong.terminal.stdout.text, "");
  assert.match(wrong.terminal.stderr.text, /Did you mean --json/);
  const help = fakePlatform();
  assert.equal(await runProgram(["help"], help), 0);
  assert.equal(help.terminal.stderr.text, "");
});

Deno.test("program: a reader that went away is a quiet end, as by SIGPIPE", async () => {
  const platform = fakePlatform();
  platform.terminal.stdout.closed = true;
  assert.equal(await runProgram(["--help"], platform), 141);
  assert.equal(platform.terminal.stderr.text, "");
});

Deno.test("program: with both streams closed there is still an exit code", async () => {
  const platform = fakePlatform();
  platform.terminal.stderr.closed = true;
  assert.equal(await runProgram(["nonsense"], platform), 141);
  assert.equal(await runProgram(["whoami"], platform), 1);
});
