import assert from "node:assert/strict";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { createContext } from "../context.ts";
import { PairWorld } from "../pairing/fake/pair_world.ts";
import { livingWorld, run } from "../fake/world.ts";
import { DAEMON_OWNER } from "../../store/home/daemon_state.ts";
import { endedPairs, statusOfHome } from "../status_of_home.ts";
import { here } from "./here.ts";
import { pairCancel } from "./pair_cancel.ts";
import { send } from "./send.ts";
import { addPeerSlot } from "./add_peer_slot.ts";

Deno.test("lesson 33: here in an empty home says so with the next command, and makes nothing", async () => {
  const platform = fakePlatform({ env: new FakeEnv({ currentDirectory: "/w" }) });
  const context = createContext(platform, { warn: () => {} });
  const output = here.output.parse(await here.run(context));
  assert.equal(output.identity, null);
  assert.deepEqual(output.next, ["wire up <nick>"]);
  assert.equal(output.home.source, "default");
  assert.deepEqual(output.session, { cwd: "/w", name: null, active: false, all: [] });
  assert.deepEqual(platform.files.texts(), {});
});

Deno.test("lesson 34: here names the home and what chose it, the daemon by its lock, and what waits", async () => {
  const world = await livingWorld();
  const before = await run(here, world, {});
  assert.equal(before.identity?.handle, "alice");
  assert.deepEqual([before.home.source, before.home.config_root], [
    "WIRE_HOME",
    "/alice/config/wire",
  ]);
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

Deno.test("a pairing that has ended does not wait, neither for here nor for status", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const { context } = alice;
  const code = await world.queueHost(alice);
  assert.equal((await here.run(context)).waiting.pairings, 1);
  await pairCancel.run(context, { code });
  const after = await here.run(context);
  assert.equal(after.waiting.pairings, 0);
  assert.ok(!after.next.includes("wire pair-list"));
  const { pending_pairs } = await statusOfHome(context);
  assert.deepEqual([pending_pairs.total, endedPairs(pending_pairs)], [1, 1]);
});

Deno.test("lesson 29, 34: here follows the directory's session, and says when another home is in use", async () => {
  const root = "/home/tester/.local/state/wire/sessions";
  const at = async (variables: Readonly<Record<string, string>>) => {
    const env = new FakeEnv({ currentDirectory: "/w/project", variables });
    const platform = fakePlatform({ env });
    await platform.files.ensureDirectory(`${root}/project/config/wire`);
    await platform.files.writeAtomic(
      `${root}/registry.json`,
      JSON.stringify({ by_cwd: { "/w/project": "project" } }),
      { point: "test" },
    );
    return await here.run(createContext(platform, { warn: () => {} }));
  };
  const own = await at({});
  assert.deepEqual([own.home.source, own.home.config_root], [
    "directory",
    `${root}/project/config/wire`,
  ]);
  assert.deepEqual([own.session.name, own.session.active], ["project", true]);
  const other = await at({ WIRE_HOME: `/elsewhere` });
  assert.deepEqual([other.home.source, other.session.active], ["WIRE_HOME", false]);
  const strict = await at({ WIRE_STRICT_SESSION: "1" });
  assert.deepEqual([strict.home.source, strict.identity, strict.next], ["none", null, []]);
  assert.match(strict.home.because, /WIRE_STRICT_SESSION is set/);
});

Deno.test("P7: a registry that cannot be read is told: commands refuse there", async () => {
  const platform = fakePlatform({ env: new FakeEnv({ currentDirectory: "/w" }) });
  const root = "/home/tester/.local/state/wire/sessions";
  await platform.files.ensureDirectory(root);
  await platform.files.writeAtomic(`${root}/registry.json`, "{", { point: "test" });
  const output = await here.run(createContext(platform, { warn: () => {} }));
  assert.equal(output.home.source, "none");
  assert.match(output.session.problem ?? "", /registry\.json/);
});
