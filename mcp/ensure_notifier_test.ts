import assert from "node:assert/strict";
import { livingWorld } from "../client/fake/world.ts";
import type { SpawnOptions } from "../platform/processes.ts";
import { ensureNotifier } from "./ensure_notifier.ts";

const LOCK = "/alice/state/wire/notify.lock";

Deno.test("P2: the notifier counts as started when it holds its lock, and is started once", async () => {
  const { context, platform, home } = await livingWorld("alice");
  await home.ensureRoots();
  const { processes, files, clock } = platform;
  const spawn = processes.spawnSelf.bind(processes);
  processes.spawnSelf = async (options: SpawnOptions) => {
    await files.lock(LOCK, { owner: "wire notify", deadlineMs: 0 });
    return await spawn(options);
  };
  assert.equal(await ensureNotifier(context), "spawned");
  assert.equal(await ensureNotifier(context), "already_running");
  assert.deepEqual(processes.spawned.map(({ args, env }) => [args, env?.["WIRE_HOME"]]), [
    [["notify"], "/alice"],
  ]);
  await clock.settle();
});

Deno.test("lesson 38: a session whose sister has started the user's notifier starts no other", async () => {
  const { context, platform, home } = await livingWorld("alice");
  const { files } = platform;
  await home.ensureRoots();
  await files.ensureDirectory("/alice/sessions");
  await files.lock("/alice/sessions/.notify.lock", { owner: "wire notify", deadlineMs: 0 });
  assert.equal(await ensureNotifier(context), "already_running");
  assert.deepEqual(platform.processes.spawned, []);
});

Deno.test("P2: one that does not come up is an error, in words", async () => {
  const { context, platform, home } = await livingWorld("alice");
  await home.ensureRoots();
  const starting = ensureNotifier(context);
  for (let step = 0; step < 40; step++) await platform.clock.advance(100);
  assert.match(await starting, /^spawn_error: process \d+ did not come up/);
});

Deno.test("with WIRE_MCP_SKIP_AUTO_UP nothing is started", async () => {
  const { context, platform } = await livingWorld("alice");
  platform.env.variables.set("WIRE_MCP_SKIP_AUTO_UP", "");
  assert.equal(await ensureNotifier(context), "already_running");
  assert.deepEqual(platform.processes.spawned, []);
});
