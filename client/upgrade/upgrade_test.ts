import assert from "node:assert/strict";
import { FaultFiles } from "../../platform/fault_files.ts";
import { WireError } from "../../protocol/errors.ts";
import { upgrade } from "../operations/upgrade.ts";
import { serviceOf } from "../service/report.ts";
import { stopDaemon } from "../stop_daemon.ts";
import { DAEMON, Fleet, name, OTHER } from "../fake/fleet.ts";

const code = (wanted: string) => (error: unknown): boolean =>
  error instanceof WireError && error.code === wanted;

Deno.test("lesson 39: stopping a daemon signals the holder of its lock, and nobody else", async () => {
  const fleet = new Fleet();
  await fleet.serve("/own");
  fleet.platform.processes.living.set(78, ["/opt/wire/wire", "daemon"]);
  assert.equal(await stopDaemon(fleet.home("/own")), DAEMON);
  assert.deepEqual(fleet.platform.processes.signalled, [[DAEMON, "SIGTERM"]]);
  assert.equal(await stopDaemon(fleet.home("/own")), undefined);
});

Deno.test("lesson 39: a process that only has the pid of a daemon is left alone", async () => {
  const fleet = new Fleet();
  await fleet.serve("/own");
  fleet.platform.processes.living.set(DAEMON, ["vim", "notes about wire"]);
  await assert.rejects(stopDaemon(fleet.home("/own")), code("refused"));
  assert.deepEqual(fleet.platform.processes.signalled, []);
});

Deno.test("P8: a daemon that does not end is killed, and one that cannot be is named in time", async () => {
  const fleet = new Fleet();
  await fleet.serve("/own");
  fleet.platform.processes.onSignalSent = () => undefined;
  const stopped = assert.rejects(stopDaemon(fleet.home("/own")), code("timed_out"));
  await fleet.platform.clock.advance(10_000);
  await stopped;
  const sent = fleet.platform.processes.signalled.map(([, signal]) => signal);
  assert.deepEqual(sent, ["SIGTERM", "SIGKILL"]);
});

Deno.test("lesson 41: upgrade ends with the same set of daemons alive", async () => {
  const fleet = new Fleet();
  await fleet.serve("/own");
  await fleet.serve("/own/sessions/one", OTHER);
  const idle = fleet.home("/own/sessions/idle");
  await idle.createIdentity({ handle: name("idle") });
  fleet.comesUp();
  const check = await upgrade.run(fleet.context(), { check: true, allSessions: true });
  assert.ok("would_kill" in check);
  assert.deepEqual(check.would_kill, [DAEMON, OTHER]);
  assert.deepEqual(fleet.platform.processes.signalled, [], "looking stops nobody");
  const done = await upgrade.run(fleet.context(), { allSessions: true });
  assert.ok("killed" in done);
  assert.deepEqual(done.killed, [DAEMON, OTHER]);
  assert.deepEqual(fleet.started(), ["/own", "/own/sessions/one"]);
  assert.deepEqual(done.daemons.map(({ home }) => home), ["/own", "/own/sessions/one"]);
  assert.equal(await fleet.platform.files.stat("/own/state/wire/upgrade-plan.json"), undefined);
});

Deno.test("lesson 41: one daemon for all sessions comes again as it was, for all of them", async () => {
  const fleet = new Fleet();
  const args = ["daemon", "--interval", "7", "--all-sessions"];
  const shared = { intervalSeconds: 7, calledIn: "/own" };
  await fleet.serve("/own", DAEMON, shared);
  await fleet.serve("/own/sessions/one", DAEMON, shared);
  await fleet.serve("/own/sessions/two", OTHER);
  fleet.comesUp(["/own/sessions/one"]);
  const done = await upgrade.run(fleet.context(), {});
  assert.ok("killed" in done);
  assert.deepEqual(done.killed, [DAEMON]);
  assert.deepEqual(fleet.platform.processes.spawned.map((options) => options.args), [args]);
  assert.deepEqual(done.daemons.map(({ home, pid }) => [home, pid === done.new_pid]), [
    ["/own", true],
    ["/own/sessions/one", true],
  ]);
});

Deno.test("lesson 41: a daemon that a service keeps is started again by its service", async () => {
  const fleet = new Fleet();
  const { platform } = fleet;
  await fleet.serve("/own");
  await platform.files.ensureDirectory("/opt/wire");
  await platform.files.writeAtomic("/opt/wire/wire", "", { point: "x" });
  const { manager } = await serviceOf(fleet.context(), { localRelay: false });
  await platform.files.ensureDirectory("/home/tester/.config/systemd/user");
  await platform.files.writeAtomic(manager.unitPath, manager.text, { point: "x" });
  platform.programs.answers.set("systemctl", (given) => {
    if (given.includes("show")) return { stdout: `ActiveState=active\nMainPID=${DAEMON}\n` };
    if (given.includes("restart")) void fleet.serve("/own", OTHER);
    return {};
  });
  const running = upgrade.run(fleet.context(), {});
  for (let polls = 0; polls < 20; polls++) await platform.clock.advance(20);
  const done = await running;
  assert.ok("killed" in done);
  assert.deepEqual([done.killed, done.new_pid], [[DAEMON], OTHER]);
  assert.deepEqual(platform.processes.spawned, []);
});

Deno.test("upgrade without --all-sessions leaves the sessions' daemons alone", async () => {
  const fleet = new Fleet();
  await fleet.serve("/own/sessions/one", OTHER);
  const done = await upgrade.run(fleet.context(), {});
  assert.ok("killed" in done);
  assert.deepEqual(fleet.platform.processes.signalled, []);
  assert.deepEqual(done, {
    cli_version: done.cli_version,
    killed: [],
    new_pid: null,
    new_version: null,
    spawned_fresh_daemon: false,
    daemons: [],
  });
});

for (const [point, moment] of [["upgrade.plan", "after"], ["upgrade.done", "before"]] as const) {
  Deno.test(`lesson 41: killed ${moment} ${point}, the next upgrade starts what was stopped`, async () => {
    const fleet = new Fleet();
    await fleet.serve("/own");
    await fleet.serve("/own/sessions/one", OTHER);
    fleet.comesUp();
    const files = new FaultFiles(fleet.platform.files).crashAt({ point }, moment);
    const dying = fleet.context(files);
    await assert.rejects(upgrade.run(dying, { allSessions: true }), { name: "Crash" });
    // Its daemons ended meanwhile, as if it had died between stopping and starting them.
    for (const pid of [...fleet.platform.processes.living.keys()]) fleet.ends(pid);
    await upgrade.run(fleet.context(), {});
    assert.ok(fleet.started().includes("/own/sessions/one"));
    assert.ok(
      (await fleet.home("/own/sessions/one").platform.files.lockHolder(
        fleet.home("/own/sessions/one").file.daemonLock,
      )) !== undefined,
    );
  });
}

Deno.test("upgrade: a plan that is none is named, and nobody is stopped on a guess", async () => {
  const fleet = new Fleet();
  await fleet.serve("/own");
  await fleet.platform.files.writeAtomic("/own/state/wire/upgrade-plan.json", "[]", { point: "x" });
  await assert.rejects(upgrade.run(fleet.context(), {}), code("unreadable"));
  assert.deepEqual(fleet.platform.processes.signalled, []);
});
