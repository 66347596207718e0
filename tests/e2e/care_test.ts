/** doctor, upgrade and go-back as people run them, on real processes. */
import assert from "node:assert/strict";
import { pairHomes } from "./pairing.ts";
import { type Home, World } from "./world.ts";

interface Check {
  readonly id: string;
  readonly status: string;
  readonly detail: string;
  readonly fix?: string;
}

async function checks(home: Home): Promise<readonly Check[]> {
  const { stdout } = await home.run(["doctor", "--json"]);
  return JSON.parse(stdout).checks;
}

const loud = (found: readonly Check[]): string[] =>
  found.filter(({ status }) => status !== "PASS").map(({ id, detail }) => `${id}: ${detail}`);

Deno.test("lessons 39 and 41: upgrade restarts this home's daemon and nobody else's; go-back ends it, up brings it again", async (t) => {
  await using world = await World.create();
  const { url } = await world.relay();
  const [alice, bob] = [await world.agent("alice", url), await world.agent("bob", url)];
  await pairHomes(alice, bob, url);
  const old = await alice.daemon();
  await bob.daemon();
  let last = old.pid;
  try {
    await t.step("a home that is well is silent", async () => {
      assert.deepEqual(loud(await checks(alice)), []);
      assert.match(await alice.ok(["doctor"]), /ALL GREEN\n$/);
    });

    await t.step("a record that differs is told, and upgrade --check stops nobody", async () => {
      const pidFile = `${alice.path}/state/wire/daemon.pid`;
      const record = JSON.parse(await Deno.readTextFile(pidFile));
      await Deno.writeTextFile(pidFile, JSON.stringify({ ...record, version: "0.0.9" }, null, 2));
      const told = (await checks(alice)).find(({ id }) => id === "daemon_pid_consistency");
      assert.deepEqual([told?.status, told?.fix], ["WARN", "wire upgrade"]);
      const check = await alice.record(["upgrade", "--check"]);
      assert.deepEqual([check["would_kill"], check["pidfile_version"]], [[old.pid], "0.0.9"]);
    });

    await t.step("upgrade ends this daemon alone, and mail goes on", async () => {
      const done = await alice.record(["upgrade"]);
      assert.deepEqual([done["killed"], done["spawned_fresh_daemon"]], [[old.pid], true]);
      assert.equal((await old.finished()).code, 0, "it was asked, and ended cleanly");
      last = Number(done["new_pid"]);
      for (const home of [alice, bob]) assert.deepEqual(loud(await checks(home)), []);
      await using monitor = bob.monitor();
      const { event_id } = await alice.record(["send", "bob", "after the upgrade"]);
      await monitor.line("stdout", new RegExp(String(event_id)));
    });

    await t.step("go-back stops the daemon and says who holds what; doctor knows", async () => {
      const text = await alice.ok(["go-back"]);
      assert.match(text, new RegExp(`stopped \\(pid ${last}\\)`));
      assert.match(text, /may post: bob[\s\S]*ready for wire 0\.5\.19/);
      const found = await checks(alice);
      assert.deepEqual(loud(found), [], "nobody is asked to start what was stopped");
      const said = found.find(({ id }) => id === "go_back");
      assert.match(said?.detail ?? "", /^prepared for 0\.5\.19 since /);
    });

    await t.step("up makes the home ours again", async () => {
      await alice.run(["up"]);
      const now = (await checks(alice)).find(({ id }) => id === "go_back");
      assert.equal(now?.detail, "not asked for: the home is ours");
    });
  } finally {
    await alice.record(["go-back"]);
  }
});
