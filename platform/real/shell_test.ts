import assert from "node:assert/strict";
import { RealProcesses } from "./processes.ts";
import { RealShell } from "./shell.ts";

const NEVER = new AbortController().signal;
const run = (command: string, more: { deadlineMs?: number; signal?: AbortSignal } = {}) =>
  new RealShell().run(command, {
    stdin: "line\n",
    env: { WIRE_EVENT_ID: "an id; with $(words)" },
    deadlineMs: 10_000,
    signal: NEVER,
    output: "stderr",
    ...more,
  });

Deno.test("shell: a command reads its input and its environment, and its exit code is told", async () => {
  const file = await Deno.makeTempFile({ prefix: "wire-shell-" });
  try {
    assert.deepEqual(
      await run(`cat > '${file}'; printf %s "$WIRE_EVENT_ID" >> '${file}'; exit 3`),
      { tag: "exited", code: 3 },
    );
    assert.equal(await Deno.readTextFile(file), "line\nan id; with $(words)");
    assert.deepEqual(await run("exit 0"), { tag: "exited", code: 0 }, "without reading");
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("P8: a command and what it started are ended at the deadline, and when told to stop", async () => {
  const file = await Deno.makeTempFile({ prefix: "wire-shell-" });
  try {
    assert.deepEqual(
      await run(`sh -c 'echo $$ > ${file}; exec sleep 60' & wait`, { deadlineMs: 500 }),
      { tag: "timed_out" },
    );
    const pid = Number(await Deno.readTextFile(file));
    assert.ok(pid > 0);
    assert.ok(!await new RealProcesses().isAlive(pid), "the grandchild has ended, too");
    const signal = AbortSignal.timeout(50);
    assert.deepEqual(await run("sleep 60", { signal }), { tag: "stopped" });
    assert.deepEqual(await run("trap '' TERM; sleep 60 & wait; wait", { deadlineMs: 50 }), {
      tag: "timed_out",
    }, "also one that does not listen");
  } finally {
    await Deno.remove(file);
  }
});
