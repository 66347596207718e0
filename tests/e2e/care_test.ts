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

Deno.test("lessons 39 and 41: upgrade restarts this home's daemon and nobody else's, and mail goes on", async () => {
  await using world = await World.create();
  const { url } = await world.relay();
  const [alice, bob] = [await world.agent("alice", url), await world.agent("bob", url)];
  await pairHomes(alice, bob, url);
  const old = await alice.daemon();
  const others = await bob.daemon();
  assert.deepEqual(loud(await checks(alice)), [], "a home that is well is silent");
  assert.match(await alice.ok(["doctor"]), /ALL GREEN\n$/);

  const pidFile = `${alice.path}/state/wire/daemon.pid`;
  const record = JSON.parse(await Deno.readTextFile(pidFile));
  await Deno.writeTextFile(pidFile, JSON.stringify({ ...record, version: "0.0.9" }, null, 2));
  const told = (await checks(alice)).find(({ id }) => id === "daemon_pid_consistency");
  assert.deepEqual([told?.status, told?.fix], ["WARN", "wire upgrade"]);
  const check = await alice.record(["upgrade", "--check"]);
  assert.deepEqual([check["would_kill"], check["pidfile_version"]], [[old.pid], "0.0.9"]);

  try {
    const done = await alice.record(["upgrade"]);
    assert.deepEqual([done["killed"], done["spawned_fresh_daemon"]], [[old.pid], true]);
    assert.equal((await old.finished()).code, 0, "it was asked, and ended cleanly");
    assert.deepEqual(loud(await checks(alice)), []);
    assert.deepEqual(loud(await checks(bob)), []);
    await using monitor = bob.monitor();
    const { event_id } = await alice.record(["send", "bob", "after the upgrade"]);
    await monitor.line("stdout", new RegExp(String(event_id)));
    assert.equal(others.text("stdout"), "");
  } finally {
    await alice.record(["go-back"]);
  }
});

Deno.test("go-back stops our daemon, doctor knows, and up makes the home ours again", async () => {
  await using world = await World.create();
  const { url } = await world.relay();
  const [alice, bob] = [await world.agent("alice", url), await world.agent("bob", url)];
  await pairHomes(alice, bob, url);
  const daemon = await alice.daemon();
  const out = await alice.record(["go-back"]);
  assert.equal(out["stopped_daemon"], daemon.pid);
  assert.equal((await daemon.finished()).code, 0);
  assert.deepEqual(loud(await checks(alice)), [], "nobody is asked to start what was stopped");
  const said = (await checks(alice)).find(({ id }) => id === "go_back");
  assert.match(said?.detail ?? "", /^prepared for 0\.5\.19 since /);
  const text = await alice.ok(["go-back"]);
  assert.match(text, /none ran[\s\S]*may post: bob[\s\S]*ready for wire 0\.5\.19/);
  await alice.run(["up"]);
  try {
    const now = (await checks(alice)).find(({ id }) => id === "go_back");
    assert.equal(now?.detail, "not asked for: the home is ours");
  } finally {
    await alice.record(["go-back"]);
  }
});
