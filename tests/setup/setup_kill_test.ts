/** `wire setup`, killed at every durable step. */
import assert from "node:assert/strict";
import { FaultFiles } from "../../platform/fault_files.ts";
import { goldenOf, hostOf, SetupWorld } from "./setup_world.ts";

const SWEPT = ["cursor", "codex", "project"];

async function begun(): Promise<SetupWorld> {
  const world = await SetupWorld.create();
  for (const id of ["cursor", "codex"]) {
    await world.write(world.fileOf(hostOf(id)), (await goldenOf(id)).before);
  }
  return world;
}

const swept = (world: SetupWorld): readonly (string | undefined)[] =>
  SWEPT.map((id) => world.text(world.fileOf(hostOf(id))));

Deno.test("P1: setup killed at any durable step, then undone or run again: never half a file, nothing lost", async () => {
  const calm = await begun();
  const before = swept(calm);
  const counting = new FaultFiles(calm.platform.files);
  await calm.run({ apply: true }, counting);
  const after = swept(calm);
  await calm.run({ undo: true }, counting);
  assert.deepEqual(swept(calm), before);
  assert.deepEqual(
    [...new Set(counting.steps.map(({ point }) => point))].sort(),
    [
      "setup.backup",
      "setup.host",
      "setup.journal",
      "setup.undo",
      "setup.undo_backup",
      "setup.undo_delete",
    ],
  );
  for (const { index, point } of counting.steps) {
    for (const moment of ["before", "after"] as const) {
      const label = `${moment} ${index}: ${point}`;
      for (const then of ["undo", "apply"] as const) {
        const world = await begun();
        const files = new FaultFiles(world.platform.files).crashAt(index, moment);
        const work = async (): Promise<void> => {
          await world.run({ apply: true }, files);
          await world.run({ undo: true }, files);
        };
        await work().catch(() => undefined);
        assert.ok(files.crashed, label);
        for (const [at, text] of swept(world).entries()) {
          assert.ok(text === before[at] || text === after[at], label);
        }
        const { hosts } = await world.run({ [then]: true });
        assert.ok(hosts.every(({ status }) => status !== "failed" && status !== "left"), label);
        assert.deepEqual(swept(world), then === "undo" ? before : after, label);
        if (then === "apply") await world.run({ undo: true });
        assert.deepEqual(swept(world), before, label);
      }
    }
  }
});

Deno.test("P1: killed while what others have changed is set up again: their changes stay, ours can be taken back", async () => {
  const changed = async (): Promise<SetupWorld> => {
    const world = await begun();
    await world.run({ apply: true });
    for (const id of SWEPT) {
      const file = world.fileOf(hostOf(id));
      await world.write(file, (world.text(file) ?? "") + (id === "codex" ? "# theirs\n" : "\n\n"));
    }
    world.platform.processes.self = { executable: "/opt/wire/wire", prefix: ["x"], env: {} };
    return world;
  };
  const calm = await changed();
  const counting = new FaultFiles(calm.platform.files);
  await calm.run({ apply: true }, counting);
  await calm.run({ undo: true });
  const undone = swept(calm);
  assert.match(undone[1] ?? "", /# theirs/);
  assert.doesNotMatch(undone.join(""), /opt.wire/);
  assert.ok(counting.steps.some(({ point }) => point === "setup.old_backup"));
  for (const { index, point } of counting.steps) {
    for (const moment of ["before", "after"] as const) {
      const world = await changed();
      const files = new FaultFiles(world.platform.files).crashAt(index, moment);
      await world.run({ apply: true }, files).catch(() => undefined);
      await world.run({ apply: true });
      await world.run({ undo: true });
      assert.deepEqual(swept(world), undone, `${moment} ${index}: ${point}`);
    }
  }
});
