/** A daemon of 0.5.19 that lives on the home: ours never becomes the second writer. */
import assert from "node:assert/strict";
import { ReferenceDaemon, writePid } from "./reference/daemon.ts";
import { parse, text } from "./reference/json.ts";
import { send } from "./reference/mail.ts";
import { confirm, queue } from "./reference/pairing.ts";
import { listPending } from "./reference/pending.ts";
import { homeProblems } from "./reference/strict.ts";
import { pinEachOther } from "./peers.ts";
import { InteropWorld, until } from "./world.ts";

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
    const queued = await alice.record(["pair-host", "--compat", "--detach", "--relay", world.url]);
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

Deno.test("our commands work on a home that a 0.5.19 daemon serves", async () => {
  await using world = await InteropWorld.create("our relay");
  const files = await world.referencePeer("alice");
  const bob = await world.referencePeer("bob");
  const alice = world.world.home("alice");
  const foreign = daemonLike();
  try {
    await using served = await ReferenceDaemon.start(files);
    await writePid(files, foreign.pid);
    await using opposite = await ReferenceDaemon.start(bob);
    const { code_phrase, daemon_spawned } = await alice.record([
      "pair-host",
      "--compat",
      "--detach",
      "--relay",
      world.url,
    ]);
    assert.ok(daemon_spawned === false);
    const code = String(code_phrase);
    await queue(bob, "guest", world.url, code);
    await alice.ok(["pair-watch", code, "--timeout", "300"]);
    const [record] = await alice.list(["pair-list"]);
    await until(async () => (await listPending(bob))[0]?.status === "sas_ready", opposite.log);
    await alice.json(["pair-confirm", code, String(record?.["sas"])]);
    const watcher = alice.start([
      "pair-watch",
      code,
      "--status",
      "gone",
      "--timeout",
      "300",
      "--json",
    ]);
    await watcher.line("stdout", /"status":"confirmed"/);
    await confirm(bob, code);
    await watcher.line("stdout", /"state":"finalized"/);
    assert.equal((await watcher.finished()).code, 0);
    assert.equal((await alice.list(["peers"]))[0]?.["did"], await bob.did());

    const monitor = alice.monitor();
    const { event_id } = await alice.record(["send", "bob", "by the old daemon"]);
    await until(async () => (await bob.inbox("alice")).length === 1, served.log);
    assert.equal(text(parse((await bob.inbox("alice"))[0] ?? ""), "event_id"), event_id);
    const back = await send(bob, { peer: "alice", body: "back" });
    await monitor.line("stdout", new RegExp(`"event_id":"${back}".*"verified":true`));

    const given = await alice.record(["pair-host", "--compat", "--detach", "--relay", world.url]);
    await alice.json(["pair-cancel", String(given["code_phrase"])]);
    await served.tick();
    assert.equal((await listPending(files))[0]?.status, "aborted");
  } finally {
    await foreign.stdin.close();
    await foreign.status;
  }
  // Only now: that daemon rewrites its files in place, as 0.5.19 does.
  assert.deepEqual(await homeProblems(files), []);
});
