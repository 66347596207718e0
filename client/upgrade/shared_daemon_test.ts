/** One process for many homes, upgraded: it comes again as one process for the same homes. */
import assert from "node:assert/strict";
import { FaultFiles } from "../../platform/fault_files.ts";
import { upgrade } from "../operations/upgrade.ts";
import { serviceOf } from "../service/report.ts";
import { DAEMON, Fleet, OTHER } from "../fake/fleet.ts";

/** Two sessions of the user's own home, all three served by one process that was called in it. */
async function sharedFleet(asker: string): Promise<Fleet> {
  const fleet = new Fleet(asker);
  for (const home of ["", ONE, TWO]) await fleet.serve(home, DAEMON, { calledIn: "" });
  return fleet;
}

const SYSTEM_SESSIONS = "/home/tester/.local/state/wire/sessions";
const [ONE, TWO] = [`${SYSTEM_SESSIONS}/one`, `${SYSTEM_SESSIONS}/two`];
const ALL = ["daemon", "--interval", "5", "--all-sessions"];

async function registered(fleet: Fleet): Promise<void> {
  const file = `${SYSTEM_SESSIONS}/registry.json`;
  await fleet.platform.files.writeAtomic(file, '{"by_cwd":{}}', { point: "x" });
}

for (const tells of ["tells", "does not tell"]) {
  Deno.test(`lesson 41: asked from a session, one daemon for all comes again once, where it was called; the system ${tells} command lines`, async () => {
    const fleet = await sharedFleet(ONE);
    await registered(fleet);
    const { processes } = fleet.platform;
    if (tells !== "tells") processes.commandLine = () => Promise.resolve(undefined);
    fleet.comesUp([ONE, TWO]);
    const done = await upgrade.run(fleet.context(), { allSessions: true });
    assert.ok("killed" in done);
    assert.deepEqual(done.killed, [DAEMON]);
    assert.deepEqual(processes.spawned.map(({ args }) => args), [ALL]);
    assert.equal(processes.spawned[0]?.env?.["WIRE_HOME"], "", "the user's own home");
    assert.deepEqual(
      done.daemons.map(({ home, pid }) => [home, pid === done.new_pid]),
      [[ONE, true], [null, true], [TWO, true]],
    );
  });
}

Deno.test("lesson 41: one daemon for all that a service keeps is restarted by its manager, from whatever home that is asked", async () => {
  const fleet = await sharedFleet(TWO);
  await registered(fleet);
  const { platform } = fleet;
  await platform.files.ensureDirectory("/opt/wire");
  await platform.files.writeAtomic("/opt/wire/wire", "", { point: "x" });
  const directory = "/home/tester/.config/systemd/user";
  await platform.files.ensureDirectory(directory);
  const { manager } = await serviceOf(new Fleet("").withFiles(platform), {
    localRelay: false,
    allSessions: true,
  });
  assert.equal(manager.unitPath, `${directory}/wire-daemon.service`);
  await platform.files.writeAtomic(manager.unitPath, manager.text, { point: "x" });
  platform.programs.answers.set("systemctl", (given) => {
    if (given.includes("show")) return { stdout: `ActiveState=active\nMainPID=${DAEMON}\n` };
    if (given.includes("restart")) {
      assert.equal(given.at(-1), "wire-daemon.service");
      void (async () => {
        for (const home of ["", ONE, TWO]) await fleet.serve(home, OTHER, { calledIn: "" });
      })();
    }
    return {};
  });
  const running = upgrade.run(fleet.context(), { allSessions: true });
  for (let polls = 0; polls < 20; polls++) await platform.clock.advance(20);
  const done = await running;
  assert.ok("killed" in done);
  assert.deepEqual([done.killed, done.new_pid], [[DAEMON], OTHER]);
  assert.deepEqual(platform.processes.spawned, []);
});

Deno.test("lesson 41: killed with the one daemon for all stopped, the next upgrade starts one, for all", async () => {
  const fleet = await sharedFleet(ONE);
  await registered(fleet);
  fleet.comesUp([ONE, TWO]);
  const files = new FaultFiles(fleet.platform.files).crashAt({ point: "upgrade.plan" }, "after");
  await assert.rejects(upgrade.run(fleet.context(files), { allSessions: true }), { name: "Crash" });
  fleet.ends(DAEMON);
  const done = await upgrade.run(fleet.context(), { allSessions: true });
  assert.deepEqual(fleet.platform.processes.spawned.map(({ args }) => args), [ALL]);
  assert.deepEqual(done.daemons.map(({ home }) => home), [ONE, null, TWO]);
  assert.equal(await fleet.platform.files.stat(`${ONE}/state/wire/upgrade-plan.json`), undefined);
});

Deno.test("lesson 41: a session that the new daemon does not take up is named, planned on, and given none of its own", async () => {
  const fleet = await sharedFleet(ONE);
  await registered(fleet);
  fleet.comesUp([ONE]);
  const said: string[] = [];
  const context = { ...fleet.context(), warn: (line: string) => void said.push(line) };
  const running = upgrade.run(context, { allSessions: true });
  for (let polls = 0; polls < 60; polls++) await fleet.platform.clock.advance(200);
  await running;
  assert.deepEqual(fleet.platform.processes.spawned.map(({ args }) => args), [ALL]);
  assert.match(said.join("\n"), /sessions\/two: had a daemon, and has none yet/);
  assert.ok(await fleet.platform.files.stat(`${ONE}/state/wire/upgrade-plan.json`));
  const { length } = fleet.platform.processes.spawned;
  const again = upgrade.run(context, {});
  for (let polls = 0; polls < 60; polls++) await fleet.platform.clock.advance(200);
  await again;
  const since = fleet.platform.processes.spawned.slice(length);
  assert.deepEqual(
    since.map(({ args }) => args),
    [ALL],
    "the one that runs, and no second beside it",
  );
});

Deno.test("lesson 41: a daemon of one home is called again with its own interval", async () => {
  const fleet = new Fleet();
  await fleet.serve("/own", DAEMON, { intervalSeconds: 9 });
  fleet.comesUp();
  await upgrade.run(fleet.context(), {});
  assert.deepEqual(fleet.platform.processes.spawned[0]?.args, ["daemon", "--interval", "9"]);
});
