import assert from "node:assert/strict";
import { FaultFiles } from "../../platform/fault_files.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import type { Files } from "../../platform/files.ts";
import { begin } from "../../protocol/pair2/machine.ts";
import type { Pair2State } from "../../protocol/pair2/state.ts";
import { aboutFor, secretsFor } from "../../tests/pair2/adversary.ts";
import { type Home, openHome } from "./home.ts";

const homeOn = (files: Files): Home => openHome(fakePlatform({ files }));
const claiming = begin(aboutFor("host"), secretsFor("host"));
const ended: Pair2State = {
  tag: "ended",
  remains: { side: "host", relayUrl: claiming.about.relayUrl, createdAt: 1, nameplate: "4821" },
  error: "cancelled by operator",
  tried: false,
  revoking: false,
};

const tags = async (home: Home): Promise<string[]> =>
  (await home.pair2.list()).map(({ state }) => state.tag);

Deno.test("lesson 17: killed while a pair/2 record is made, changed or removed, it is the old or the new", async () => {
  const steps = [
    { point: "pair2.create", before: [], after: ["claiming"] },
    { point: "pair2.update", before: ["claiming"], after: ["ended"] },
    { point: "pair2.remove", before: ["claiming"], after: [] },
  ];
  for (const { point, before, after } of steps) {
    for (const moment of ["before", "after"] as const) {
      const disk = new MemoryFiles();
      const id = before.length === 0 ? "" : await homeOn(disk).pair2.create(claiming);
      const { pair2 } = homeOn(new FaultFiles(disk).crashAt({ point }, moment));
      const act = {
        "pair2.create": () => pair2.create(claiming),
        "pair2.update": () => pair2.update(id, () => ended),
        "pair2.remove": () => pair2.remove(id),
      }[point];
      assert.ok(act !== undefined);
      await assert.rejects(act(), { name: "Crash" }, point);
      assert.deepEqual(await tags(homeOn(disk)), moment === "after" ? after : before, point);
    }
  }
});

Deno.test("P6: a pair/2 record is for its owner's eyes and lies outside the directory of 0.5.19", async () => {
  const disk = new MemoryFiles();
  const home = homeOn(disk);
  const id = await home.pair2.create(claiming);
  assert.deepEqual(await disk.list(home.file.pendingPairs), []);
  assert.equal((await disk.stat(`${home.file.pair2}/${id}.json`))?.mode, 0o600);
});

Deno.test("a file that is no record is told, and hides no other", async () => {
  const disk = new MemoryFiles();
  const home = homeOn(disk);
  await home.pair2.create(claiming);
  const broken = `${home.file.pair2}/${"0".repeat(16)}.json`;
  await disk.createNew(broken, `{"tag":"held"}`, { point: "test" });
  const problems: string[] = [];
  const listed = await home.pair2.list(({ message }) => void problems.push(message));
  assert.equal(listed.length, 1);
  assert.equal(problems.length, 1);
  assert.ok(problems[0]?.includes(broken), String(problems[0]));
});

Deno.test("a change that changes nothing writes nothing, and what is gone stays gone", async () => {
  const files = new FaultFiles(new MemoryFiles());
  const home = homeOn(files);
  const id = await home.pair2.create(claiming);
  const changedAt = await home.pair2.changedAt(id);
  assert.equal((await home.pair2.update(id, (state) => state))?.tag, "claiming");
  assert.equal(await home.pair2.changedAt(id), changedAt);
  assert.ok(await home.pair2.remove(id));
  assert.equal(await home.pair2.update(id, () => ended), undefined);
  assert.ok(!await home.pair2.remove(id));
});
