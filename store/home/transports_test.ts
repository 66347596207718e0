import assert from "node:assert/strict";
import { FakeClock } from "../../platform/fake/clock.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { type CrashMoment, FaultFiles } from "../../platform/fault_files.ts";
import { openHome } from "./home.ts";
import { readTransports, type TransportRecord, TransportsFile } from "./transports.ts";

const RECORDS: readonly TransportRecord[] = [
  { relay_url: "http://relay.test", slot_id: "1".repeat(32), transport: "websocket" },
  { relay_url: "http://b.test", slot_id: "2".repeat(32), transport: "polling", why: "no answer" },
];
const PATH = "/alice/state/wire/transports.json";

function living() {
  const clock = new FakeClock();
  const disk = new MemoryFiles({ clock });
  const files = new FaultFiles(disk);
  const env = new FakeEnv({ variables: { WIRE_HOME: "/alice" } });
  return { disk, files, clock, home: openHome(fakePlatform({ clock, env, files })) };
}

Deno.test("how mail comes is written down, the newest last, and is gone at the end", async () => {
  const { home, disk, clock } = living();
  await home.ensureRoots();
  const file = new TransportsFile(home);
  file.write(RECORDS.slice(0, 1));
  file.write([]);
  file.write(RECORDS);
  await clock.settle();
  assert.deepEqual(await readTransports(home), RECORDS);
  await file.remove();
  assert.equal(disk.texts()[PATH], undefined);
  assert.deepEqual(await readTransports(home), []);
});

Deno.test("a claim that makes no sense is none", async () => {
  const { home, disk } = living();
  await home.ensureRoots();
  for (const text of ["", "{", "{}", '[{"transport":"pigeon"}]', "[7]"]) {
    await disk.writeAtomic(PATH, text, { point: "test" });
    assert.deepEqual(await readTransports(home), [], text);
  }
});

for (const point of ["home.transports", "home.transports_removed"]) {
  for (const moment of ["before", "after"] satisfies CrashMoment[]) {
    Deno.test(`P1: killed ${moment} ${point}, the file is the one before or the one after`, async () => {
      const { home, files, disk, clock } = living();
      await home.ensureRoots();
      const before = disk.texts();
      const file = new TransportsFile(home);
      files.crashAt({ point }, moment);
      file.write(RECORDS);
      await clock.settle();
      await file.remove().catch(() => undefined); // dead by then
      assert.ok(files.crashed);
      const after = disk.texts()[PATH];
      assert.ok(
        after === before[PATH] || after === JSON.stringify(RECORDS, null, 2),
        String(after),
      );
    });
  }
}
