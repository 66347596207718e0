/** `wire up` as a real process that is killed between its steps, and the daemon that it leaves. */
import assert from "node:assert/strict";
import { type Home, World } from "../e2e/world.ts";

const POSIX = Deno.build.os !== "windows";

/** Ends the daemon that `up` left behind, and waits until the home is free. */
async function endDaemon(home: Home): Promise<void> {
  const { daemon } = await home.record(["here"]);
  const { pid } = Object(daemon);
  if (typeof pid !== "number") return;
  Deno.kill(pid, "SIGTERM");
  const deadline = Date.now() + 60_000;
  while (await isThere(`${home.path}/state/wire/daemon.pid`)) {
    assert.ok(Date.now() < deadline, `the daemon ${pid} does not end`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A daemon that ends removes its record. */
const isThere = (file: string): Promise<boolean> => Deno.stat(file).then(() => true, () => false);

Deno.test({
  name:
    "P10, lesson 42: up killed with SIGKILL after each step, then run again, ends with one identity that can be written to",
  ignore: !POSIX,
  async fn() {
    await using world = await World.create();
    const { url } = await world.relay();
    const alice = world.home("alice");
    try {
      for (const stage of ["init", "bind-relay", "claim"]) {
        const process = alice.start(["up", `alice@${url}`]);
        await process.line("stderr", new RegExp(`^wire up: ${stage} — `));
        process.kill("SIGKILL");
        await process.finished();
      }
      const { steps, changed } = await alice.record(["up"]);
      assert.ok(Array.isArray(steps));
      const found = steps.map((step) => `${Object(step).stage}: ${Object(step).status}`);
      assert.equal(found[0], "init: already");
      assert.match(found.at(-1) ?? "", /^ready: (done|already)$/);
      assert.equal(typeof changed, "boolean");
      const again = await alice.record(["up"]);
      assert.ok(!again["changed"], JSON.stringify(again));
      const { daemon, identity } = await alice.record(["here"]);
      assert.ok(Object(daemon).running);
      assert.equal(Object(identity).handle, "alice");
    } finally {
      await endDaemon(alice);
    }
  },
});
