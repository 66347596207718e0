import assert from "node:assert/strict";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { createContext } from "../context.ts";
import { livingWorld, run, type World } from "../fake/world.ts";
import { DAEMON_OWNER } from "../../store/home/daemon_state.ts";
import { here } from "./here.ts";
import { send } from "./send.ts";
import { addPeerSlot } from "./add_peer_slot.ts";

Deno.test("lesson 33: here in an empty home says so with the next command, and makes nothing", async () => {
  const platform = fakePlatform({ env: new FakeEnv({ currentDirectory: "/w" }) });
  const context = createContext(platform, { warn: () => {} });
  const output = here.output.parse(await here.run(context));
  assert.equal(output.identity, null);
  assert.deepEqual(output.next, ["wire up <nick>"]);
  assert.match(output.home.because, /WIRE_HOME is not set/);
  assert.deepEqual(output.session, { cwd: "/w", name: null, active: false, all: [] });
  assert.deepEqual(platform.files.texts(), {});
});

Deno.test("lesson 34: here names the home and what chose it, the daemon by its lock, and what waits", async () => {
  const world = await livingWorld();
  const before = await run(here, world, {});
  assert.equal(before.identity?.handle, "alice");
  assert.equal(before.home.because, "WIRE_HOME is /alice");
  assert.deepEqual(before.daemon, { running: false, pid: null, version: null });
  assert.deepEqual(before.next, ["wire up alice"]);
  await run(addPeerSlot, world, {
    handle: "bob",
    url: "http://relay.test",
    slotId: "0".repeat(32),
    slotToken: "1".repeat(64),
  });
  await run(send, world, { peer: "bob", body: "hello" });
  await using _lock = await world.home.lockDaemon(DAEMON_OWNER, { deadlineMs: 0 });
  const after = await run(here, world, {});
  assert.equal(after.waiting.outbox, 1);
  assert.ok(after.daemon.running);
  assert.doesNotMatch(JSON.stringify(after), /1{64}/, "no token");
});

Deno.test("here: the session of this directory, and whether it is the one in use", async () => {
  const root = "/home/tester/.local/state/wire/sessions";
  const sessionOf = async (variables: Readonly<Record<string, string>>) => {
    const env = new FakeEnv({ currentDirectory: "/w/project", variables });
    const platform = fakePlatform({ env });
    await platform.files.ensureDirectory(`${root}/project/config/wire`);
    await platform.files.writeAtomic(
      `${root}/registry.json`,
      JSON.stringify({ by_cwd: { "/w/project": "project" } }),
      { point: "test" },
    );
    return (await here.run(createContext(platform, { warn: () => {} }))).session;
  };
  const idle = await sessionOf({});
  assert.deepEqual([idle.name, idle.active], ["project", false]);
  const active = await sessionOf({ WIRE_HOME: `${root}/project` });
  assert.deepEqual([active.name, active.active, active.all], ["project", true, ["project"]]);
});

Deno.test("P7: a registry that cannot be read is told, and the rest is shown", async () => {
  const world: World = await livingWorld();
  const { files } = world.platform;
  const root = "/alice/sessions";
  await files.ensureDirectory(root);
  await files.writeAtomic(`${root}/registry.json`, "{", { point: "test" });
  const output = await run(here, world, {});
  assert.match(output.session.problem ?? "", /registry\.json/);
  assert.equal(output.identity?.handle, "alice");
});
