import assert from "node:assert/strict";
import { FakeInput } from "../platform/fake/terminal.ts";
import { FakeProcesses } from "../platform/fake/processes.ts";
import { Interrupted, Interruption } from "./interrupt.ts";

for (const [name, exitCode] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
  Deno.test(`interruption: ${name} aborts with exit code ${exitCode}`, () => {
    const processes = new FakeProcesses();
    using interruption = new Interruption(processes);
    assert.ok(!interruption.signal.aborted);
    processes.raise(name);
    assert.ok(interruption.signal.reason instanceof Interrupted);
    assert.equal(interruption.signal.reason.exitCode, exitCode);
  });
}

Deno.test("interruption: a second signal does not wait for a clean end", async () => {
  const processes = new FakeProcesses();
  using interruption = new Interruption(processes);
  processes.raise("SIGINT");
  processes.raise("SIGINT");
  await assert.rejects(interruption.impatient, Interrupted);
});

Deno.test("interruption: the parent's end is the end of standard input, and lines before it are kept", async () => {
  using interruption = new Interruption(new FakeProcesses());
  const stdin = new FakeInput();
  const input = interruption.followParent(stdin);
  const ended = Promise.withResolvers<void>();
  interruption.signal.addEventListener("abort", () => ended.resolve());
  const first = input.readLine();
  stdin.type("y\nsecond\n");
  assert.equal(await first, "y");
  assert.ok(!interruption.signal.aborted);
  stdin.end();
  await ended.promise;
  assert.equal(interruption.signal.reason.exitCode, 0);
  assert.equal(await input.readLine(), "second");
  assert.equal(await input.readLine(), undefined);
});

Deno.test("interruption: waiting for a line ends when the caller's signal aborts", async () => {
  using interruption = new Interruption(new FakeProcesses());
  const stdin = new FakeInput();
  const input = interruption.followParent(stdin);
  const caller = new AbortController();
  const waiting = input.readLine(caller.signal);
  caller.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  stdin.end();
});
