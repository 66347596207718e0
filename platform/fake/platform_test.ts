import assert from "node:assert/strict";
import { WireError } from "../../protocol/errors.ts";
import { FakeEnv } from "./env.ts";
import { fakePlatform } from "./platform.ts";
import { FakeInput, FakeOutput } from "./terminal.ts";

Deno.test("fake platform: parts share one clock and one pid, and can be replaced", async () => {
  const env = new FakeEnv({ variables: { WIRE_HOME: "/w" } });
  const platform = fakePlatform({ env });
  assert.equal(platform.env, env);
  await platform.files.ensureDirectory("/w");
  await using lock = await platform.files.lock("/w/lock", { owner: "test", deadlineMs: 0 });
  const holder = await platform.files.lockHolder(lock.path);
  assert.equal(holder, `test (pid ${platform.processes.pid}) since 2026-01-01T00:00:00Z`);
  const waiting = assert.rejects(platform.files.lock("/w/lock", { owner: "b", deadlineMs: 500 }));
  await platform.clock.advance(500);
  await waiting;
});

Deno.test("fake files: a dead process's locks are free, its owner files stay", async () => {
  const { files } = fakePlatform();
  const dead = await files.lock("/lock", { owner: "dead", deadlineMs: 0 });
  files.dropLocks();
  assert.equal(await files.lockHolder("/lock"), undefined);
  assert.match(files.texts()["/lock.owner"] ?? "", /^dead/);
  await using _next = await files.lock("/lock", { owner: "next", deadlineMs: 0 });
  await dead.release();
  assert.match(await files.lockHolder("/lock") ?? "", /^next/);
});

Deno.test("fake processes: what is spawned lives until the test says otherwise; signals arrive", async () => {
  const { processes } = fakePlatform();
  const pid = await processes.spawnSelf({ args: ["daemon"] });
  assert.ok(await processes.isAlive(pid));
  assert.deepEqual(await processes.commandLine(pid), [processes.executable, "daemon"]);
  processes.living.delete(pid);
  assert.ok(!(await processes.isAlive(pid)));
  const seen: string[] = [];
  {
    using _handler = processes.onSignal(["SIGINT", "SIGTERM"], (signal) => void seen.push(signal));
    processes.raise("SIGTERM");
    processes.raise("SIGHUP");
  }
  processes.raise("SIGINT");
  assert.deepEqual(seen, ["SIGTERM"]);
});

Deno.test("fake terminal: typed lines are read, also while somebody waits", async () => {
  const input = new FakeInput();
  const first = input.readLine();
  input.type("one\r\ntwo");
  assert.equal(await first, "one");
  const controller = new AbortController();
  const aborted = assert.rejects(input.readLine(controller.signal), /stopped/);
  controller.abort(new Error("stopped"));
  await aborted;
  input.end();
  assert.equal(await input.readLine(), "two");
  assert.equal(await input.readLine(), undefined);
  const long = new FakeInput();
  long.type("123456");
  long.end();
  await assert.rejects(long.readAll(5), (error) => error instanceof WireError);
});

Deno.test("fake terminal: a test can wait for what is printed, and close the pipe", async () => {
  const output = new FakeOutput();
  const printed = output.until(/code (\d+)/);
  await output.write("the co");
  await output.write("de 42\n");
  assert.equal((await printed)[1], "42");
  assert.equal((await output.until(/the/)).index, 0);
  output.closed = true;
  await assert.rejects(
    output.write("x"),
    (error) => error instanceof WireError && error.code === "interrupted",
  );
});
