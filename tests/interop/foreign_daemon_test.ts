/** A daemon of 0.5.19 that lives on the home: ours never becomes the second writer. */
import assert from "node:assert/strict";
import { writePid } from "./reference/daemon.ts";
import { listPending } from "./reference/pending.ts";
import { homeProblems } from "./reference/strict.ts";
import { pinEachOther } from "./peers.ts";
import { InteropWorld } from "./world.ts";

/** A live process whose command line is a daemon's; it ends with its standard input. */
function daemonLike(): Deno.ChildProcess {
  return new Deno.Command("sh", {
    args: ["-c", "read line", "wire", "daemon", "--interval", "5"],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

Deno.test("a live 0.5.19 daemon: ours refuses what would make a second writer, and queues for it", async (t) => {
  await using world = await InteropWorld.create("a 0.5.19 relay");
  const files = await world.referencePeer("alice");
  await pinEachOther(files, await world.referencePeer("bob"));
  const alice = world.world.home("alice");
  const foreign = daemonLike();
  try {
    for (const form of ["record", "legacy"] as const) {
      await writePid(files, foreign.pid);
      if (form === "legacy") {
        await Deno.writeTextFile(`${files.state}/daemon.pid`, String(foreign.pid));
      }
      for (const args of [["daemon"], ["daemon", "--once"], ["push"], ["pull"]]) {
        await t.step(`${form}: wire ${args.join(" ")}`, async () => {
          const { code, stdout, stderr } = await alice.run(args);
          assert.equal(code, 1);
          assert.equal(stdout, "");
          assert.match(stderr, new RegExp(`^error: .*${foreign.pid}`));
        });
      }
    }
    const status = await alice.record(["status"]);
    assert.ok(Object(status["daemon"]).running);
    assert.equal(Object(status["daemon"]).pid, foreign.pid);
    await alice.ok(["send", "bob", "for the old daemon"]);
    assert.equal((await files.outbox("bob")).length, 1);
    const queued = await alice.record(["pair-host", "--detach", "--relay", world.url]);
    assert.ok(queued["daemon_spawned"] === false);
    assert.equal((await listPending(files))[0]?.status, "request_host");
    assert.deepEqual(await homeProblems(files), []);
  } finally {
    await foreign.stdin.close();
    await foreign.status;
  }
  await writePid(files, foreign.pid);
  assert.equal((await alice.run(["push"])).code, 0, "a dead one is no obstacle");
});
