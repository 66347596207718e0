import assert from "node:assert/strict";
import { WireError } from "../protocol/errors.ts";
import { MemoryFiles } from "./fake/memory_files.ts";
import { Crash, FaultFiles } from "./fault_files.ts";

const point = (name: string) => ({ point: name });

async function faulty(): Promise<{ disk: MemoryFiles; files: FaultFiles }> {
  const disk = new MemoryFiles();
  await disk.ensureDirectory("/d");
  await disk.writeAtomic("/d/old", "old\n", point("test.setup"));
  return { disk, files: new FaultFiles(disk) };
}

/** Three durable steps, of which the second is an append. */
async function work(files: FaultFiles): Promise<void> {
  await using _lock = await files.lock("/d/lock", { owner: "work", deadlineMs: 0 });
  await files.writeAtomic("/d/new", "new\n", point("work.write"));
  await files.append("/d/old", "more\n", point("work.append"));
  await files.remove("/d/new", point("work.remove"));
}

Deno.test("faults: steps are listed with their point, operation and path", async () => {
  const { files } = await faulty();
  await work(files);
  assert.deepEqual(files.steps, [
    { index: 0, point: "work.write", operation: "writeAtomic", path: "/d/new" },
    { index: 1, point: "work.append", operation: "append", path: "/d/old" },
    { index: 2, point: "work.remove", operation: "remove", path: "/d/new" },
  ]);
});

Deno.test("faults: a crash leaves exactly what was on the disk, and frees the locks", async () => {
  const at: readonly (readonly [number, "before" | "torn" | "after", Record<string, string>])[] = [
    [0, "before", { "/d/old": "old\n" }],
    [0, "torn", { "/d/old": "old\n" }],
    [0, "after", { "/d/old": "old\n", "/d/new": "new\n" }],
    [1, "before", { "/d/old": "old\n", "/d/new": "new\n" }],
    [1, "torn", { "/d/old": "old\nmo", "/d/new": "new\n" }],
    [1, "after", { "/d/old": "old\nmore\n", "/d/new": "new\n" }],
    [2, "after", { "/d/old": "old\nmore\n" }],
  ];
  for (const [step, moment, left] of at) {
    const { disk, files } = await faulty();
    files.crashAt(step, moment);
    await assert.rejects(work(files), (error) => error instanceof Crash);
    assert.ok(files.crashed);
    const { "/d/lock": lock, "/d/lock.owner": _owner, ...texts } = disk.texts();
    assert.equal(lock, "");
    assert.deepEqual(texts, left, `${moment} step ${step}`);
    assert.equal(await disk.lockHolder("/d/lock"), undefined);
  }
});

Deno.test("faults: after a crash nothing works any more, so that no clean-up code runs on", async () => {
  const { disk, files } = await faulty();
  files.crashAt({ point: "work.append" }, "before");
  const crashed = (error: unknown) => error instanceof Crash && !(error instanceof WireError);
  await assert.rejects(work(files), crashed);
  const attempts = [
    () => files.readText("/d/old"),
    () => files.stat("/d/old"),
    () => files.writeAtomic("/d/late", "", point("late")),
    () => files.lock("/d/lock", { owner: "late", deadlineMs: 0 }),
    () => files.remove("/d/old", point("late")),
    () => files.ensureDirectory("/d/late"),
  ];
  for (const attempt of attempts) await assert.rejects(attempt, crashed);
  assert.throws(() => files.watch(["/d"], new AbortController().signal), crashed);
  assert.equal(disk.texts()["/d/late"], undefined);
});

Deno.test("faults: a step is chosen by point and occurrence", async () => {
  const { disk, files } = await faulty();
  files.crashAt({ point: "work.append", occurrence: 2 }, "after");
  await work(files);
  await assert.rejects(work(files), (error) => error instanceof Crash);
  assert.equal(disk.texts()["/d/old"], "old\nmore\nmore\n");
});

Deno.test("faults: a full disk fails one write, keeps the old content, and passes", async () => {
  const { disk, files } = await faulty();
  files.diskFullAt({ point: "work.append" });
  await assert.rejects(work(files), (error) => {
    assert.ok(error instanceof WireError);
    assert.equal(error.code, "write_failed");
    assert.match(error.message, /the disk is full$/);
    return true;
  });
  assert.equal(disk.texts()["/d/old"], "old\n");
  await work(files);
  assert.equal(disk.texts()["/d/old"], "old\nmore\n");
});

Deno.test("faults: a read-only file system can be read and refuses every change", async () => {
  const { disk, files } = await faulty();
  files.readOnly = true;
  const before = disk.texts();
  const refused = (error: unknown) => error instanceof WireError && error.code === "write_failed";
  const attempts = [
    () => files.writeAtomic("/d/old", "x", point("a")),
    () => files.createNew("/d/x", "x", point("a")),
    () => files.append("/d/old", "x", point("a")),
    () => files.overwrite("/d/old", 0, new Uint8Array(1), point("a")),
    () => files.remove("/d/old", point("a")),
    () => files.ensureDirectory("/d/x"),
    () => files.chmod("/d/old", 0o600),
    () => files.lock("/d/lock", { owner: "x", deadlineMs: 0 }),
  ];
  for (const attempt of attempts) await assert.rejects(attempt, refused);
  await files.ensureDirectory("/d"); // is there already
  assert.equal(await files.readText("/d/old"), "old\n");
  assert.deepEqual(disk.texts(), before);
});

Deno.test("P7: a file made unreadable is unreadable, not missing", async () => {
  const { files } = await faulty();
  files.unreadable("/d/old");
  for (const read of [() => files.readText("/d/old"), () => files.readBytes("/d/old")]) {
    await assert.rejects(
      read,
      (error) => error instanceof WireError && error.code === "unreadable",
    );
  }
});
