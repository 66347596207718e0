/** The daemons of sessions, as real processes: started, seen, and stopped before a session goes. */
import assert from "node:assert/strict";
import { homeBelow } from "../../platform/paths.ts";
import { RealEnv } from "../../platform/real/env.ts";
import { RealProcesses } from "../../platform/real/processes.ts";
import { markOf } from "../../store/home/daemon_call.ts";
import { type Home, World } from "../e2e/world.ts";

async function machine(world: World): Promise<{ home: Home; make: readonly string[] }> {
  const { url } = await world.relay();
  return { home: world.home("machine"), make: ["session", "new", "--relay", url] };
}

async function pidOf(home: Home, name: string): Promise<number> {
  const file = `${home.path}/sessions/${name}/state/wire/daemon.pid`;
  return JSON.parse(await Deno.readTextFile(file)).pid;
}

const processes = new RealProcesses();

const mark = ({ path }: Home): string => markOf({ paths: homeBelow(new RealEnv(), path) });

/** Whatever comes of the test, no daemon of it stays. */
const swept = (home: Home): AsyncDisposable => ({
  async [Symbol.asyncDispose]() {
    for (const name of ["app", "other"]) await home.run(["session", "destroy", name, "--force"]);
  },
});

Deno.test("P2: session new starts a daemon and says so once it has seen it; destroy ends it, and nothing else", async () => {
  await using world = await World.create();
  const { home, make } = await machine(world);
  await using _swept = swept(home);
  const [app, other] = [await home.record([...make, "app"]), await home.record([...make, "other"])];
  assert.ok(app["daemon_running"] && other["daemon_running"]);
  const again = await home.record([...make, "app"]);
  assert.ok(again["daemon_running"]);
  const [pid, otherPid] = [await pidOf(home, "app"), await pidOf(home, "other")];
  const log = await Deno.readTextFile(`${home.path}/sessions/app/state/wire/daemon.log`);
  assert.equal(log.match(/daemon: up for app/g)?.length ?? 0, 1, log);
  const rows = await home.list(["session", "list"]);
  assert.deepEqual(rows.map((row) => [row["name"], row["daemon_running"]].join(" ")), [
    "app true",
    "other true",
  ]);
  const gone = await home.record(["session", "destroy", "app", "--force"]);
  assert.ok(gone["destroyed"]);
  assert.ok(!await processes.isAlive(pid) && await processes.isAlive(otherPid));
  await home.ok(["session", "destroy", "other", "--force"]);
  assert.ok(!await processes.isAlive(otherPid));
});

Deno.test("lesson 36: a daemon of all sessions lets go of the one that is destroyed, and serves the others on", async () => {
  await using world = await World.create();
  const { home, make } = await machine(world);
  for (const name of ["app", "other"]) await home.ok([...make, name, "--no-daemon"]);
  const all = home.start(["daemon", "--all-sessions"]);
  for (const _ of ["app", "other"]) await all.line("stderr", /daemon: up for session/);
  await home.ok(["session", "destroy", "app", "--force"]);
  const [left] = await home.list(["session", "list"]);
  assert.deepEqual([left?.["name"], left?.["daemon_running"]].join(" "), "other true");
  assert.ok(await processes.isAlive(all.pid));
});

Deno.test("lesson 41: upgrade, asked from one session, brings one daemon for all again as one, where it was called", async () => {
  await using world = await World.create();
  const { home, make } = await machine(world);
  await using _swept = swept(home);
  for (const name of ["app", "other"]) await home.ok([...make, name, "--no-daemon"]);
  const all = home.start(["daemon", "--all-sessions", "--interval", "6"]);
  for (const _ of ["app", "other"]) await all.line("stderr", /daemon: up for session/);
  const inside = world.home("machine/sessions/app");
  const done = await inside.record(["upgrade", "--all-sessions"]);
  const pid = Number(done["new_pid"]);
  try {
    assert.deepEqual(done["killed"], [all.pid]);
    assert.equal((await all.finished()).code, 0, "it was asked, and ended cleanly");
    assert.deepEqual([await pidOf(home, "app"), await pidOf(home, "other")], [pid, pid]);
    const holder = await Deno.readTextFile(`${inside.path}/state/wire/daemon.lock.owner`);
    assert.match(holder, /^wire daemon --interval 6 --all-sessions of [0-9a-f]{8} /);
    assert.ok(holder.includes(` of ${mark(home)} `), "not of the session that asked");
  } finally {
    await processes.signal(pid, "SIGTERM");
    while (await processes.isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

Deno.test("a link in the place of a session is never followed, and never removed", async () => {
  await using world = await World.create();
  const { home, make } = await machine(world);
  await home.ok([...make, "app", "--no-daemon"]);
  const [root, outside] = [`${home.path}/sessions`, `${world.directory}/precious`];
  await Deno.rename(`${root}/app`, outside);
  await Deno.symlink(outside, `${root}/app`);
  for (
    const args of [["session", "destroy", "app", "--force"], [...make, "app", "--no-daemon"], [
      "session",
      "env",
      "app",
    ]]
  ) {
    const { code, stderr } = await home.run(args);
    assert.equal(code, 4, stderr);
    assert.match(stderr, /expected a directory of its own/);
  }
  assert.deepEqual(await home.json(["session", "list"]), []);
  assert.ok((await Deno.stat(`${outside}/config/wire/private.key`)).isFile);
});
