import assert from "node:assert/strict";
import fc from "fast-check";
import { FakeClock } from "../../platform/fake/clock.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { testRuns } from "../../tests/runs.ts";
import { type KeyedRecord, Quarantine } from "./quarantine.ts";
import { type Held, victims } from "./quarantine_bounds.ts";
import { bytesKey, parseRecord, printRecord } from "./quarantine_record.ts";

const nobody = () => false;
const LIMITS = { records: 3, bytes: 100_000, ageMs: 1_000 };

function fresh(limits = LIMITS) {
  const clock = new FakeClock();
  const files = new MemoryFiles({ clock });
  const open = () => new Quarantine({ files, clock, stateRoot: "/s", limits });
  return { clock, files, open };
}

function keyed(
  text: string,
  clock: FakeClock,
  more: { transient?: boolean; from?: string } = {},
): KeyedRecord {
  const { transient = true, from = "did:wire:x" } = more;
  const record = {
    event_id: "",
    from,
    reason: "r",
    transient,
    first_seen: clock.timestamp(),
    text,
  };
  return { key: bytesKey(text), record };
}

Deno.test("P3: each event is one visible file that says why, and is kept once", async () => {
  const { clock, files, open } = fresh();
  const quarantine = open();
  const one = keyed('{"a":1.0}', clock);
  assert.deepEqual(await quarantine.put([one, one], nobody), { added: [one.key], evicted: 0 });
  assert.deepEqual(await open().put([one], nobody), { added: [], evicted: 0 });
  assert.deepEqual(await open().list(), [one]);
  assert.match(files.texts()[quarantine.path(one.key)] ?? "", /"reason":"r".*\n\{"a":1\.0\}\n$/);
  await quarantine.remove(one.key);
  assert.equal(await open().count(), 0);
});

Deno.test("P8: beyond the bounds the hopeless go first, then the loudest sender's oldest, and it is counted", async () => {
  const { clock, open } = fresh();
  const quarantine = open();
  const hopeless = keyed("1", clock, { transient: false });
  const patient = keyed("2", clock, { from: "did:wire:patient" });
  await quarantine.put([hopeless, patient], nobody);
  const loud = ["3", "4", "5"].map((text) => keyed(text, clock, { from: "did:wire:loud" }));
  assert.equal((await quarantine.put(loud, nobody)).evicted, 2);
  const left = (await open().list()).map(({ record }) => record.text).sort();
  assert.deepEqual(left, ["2", "4", "5"]);
  assert.equal(await open().evicted(), 2);
});

Deno.test("P8: one stranger under many names drives out no pinned peer, whose records go last", async () => {
  const { clock, open } = fresh();
  const isPinned = (did: string) => did === "did:wire:bob";
  const bobs = ["1", "2"].map((text) => keyed(text, clock, { from: "did:wire:bob" }));
  await open().put(bobs, isPinned);
  for (let name = 0; name < 20; name++) {
    await open().put([keyed(`{"n":${name}}`, clock, { from: `did:wire:s${name}` })], isPinned);
  }
  const left = (await open().list()).map(({ record }) => record.text).sort();
  assert.deepEqual(left, ["1", "2", '{"n":19}']);
  assert.equal(await open().evicted(), 19);
});

Deno.test("P8: a record goes when it is too old", async () => {
  const { clock, open } = fresh();
  await open().put([keyed("1", clock)], nobody);
  await clock.advance(1_001);
  await open().put([keyed("2", clock)], nobody);
  assert.deepEqual((await open().list()).map(({ record }) => record.text), ["2"]);
});

Deno.test("the bounds hold for any records", () => {
  const held = fc.array(
    fc.record({
      key: fc.uuid(),
      bytes: fc.integer({ min: 1, max: 60 }),
      transient: fc.boolean(),
      from: fc.constantFrom("a", "b", "c"),
      firstSeen: fc.integer({ min: 0, max: 2_000 }),
      isStranger: fc.boolean(),
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(held, (records: Held[]) => {
      const limits = { records: 5, bytes: 150, ageMs: 1_500 };
      const gone = victims(records, limits, 2_000);
      const left = records.filter((record) => !gone.has(record.key));
      assert.ok(left.length <= limits.records);
      assert.ok(left.reduce((sum, record) => sum + record.bytes, 0) <= limits.bytes);
      assert.ok(left.every((record) => 2_000 - record.firstSeen <= limits.ageMs));
      const keptHopeless = left.some((record) => !record.transient);
      const goneHopeful = records.some((record) =>
        gone.has(record.key) && record.transient && 2_000 - record.firstSeen <= limits.ageMs
      );
      assert.ok(!(keptHopeless && goneHopeful));
    }),
    { numRuns: testRuns(200) },
  );
});

Deno.test("a record that somebody damaged stops nobody", async () => {
  const { clock, files, open } = fresh();
  const one = keyed("1", clock);
  await open().put([one, keyed("2", clock)], nobody);
  await files.writeAtomic(open().path(one.key), new Uint8Array([0xff]), { point: "test" });
  assert.equal((await open().list()).length, 1);
  assert.equal(await open().count(), 2);
});

Deno.test("no room for a record is an error, so that no cursor passes the event", async () => {
  const { clock, files } = fresh();
  const faulty = new FaultFiles(files).diskFullAt({ point: "quarantine.put" });
  const quarantine = new Quarantine({ files: faulty, clock, stateRoot: "/s", limits: LIMITS });
  const one = keyed("1", clock);
  await assert.rejects(quarantine.put([one], nobody), { code: "write_failed" });
  assert.deepEqual((await quarantine.put([one], nobody)).added, [one.key]);
});

Deno.test("records survive printing, whatever the event says", () => {
  const text = fc.json().map((value) => value.replace(/\n/g, " ")).filter((value) => value !== "");
  fc.assert(
    fc.property(text, fc.string(), fc.string(), (event, from, reason) => {
      const record = { event_id: "", from, reason, transient: false, first_seen: "t", text: event };
      assert.deepEqual(parseRecord(printRecord(record)), record);
    }),
    { numRuns: testRuns(100) },
  );
});

Deno.test("any bytes in the place of a record are no record or one", () => {
  fc.assert(
    fc.property(fc.string(), (text) => void parseRecord(text)),
    { numRuns: testRuns(200) },
  );
});

Deno.test("P1: killed while records are evicted, the rest and the bounds stand", async () => {
  for (const moment of ["before", "after"] as const) {
    const { clock, files, open } = fresh();
    await open().put(["1", "2", "3"].map((text) => keyed(text, clock)), nobody);
    const dying = new FaultFiles(files).crashAt({ point: "quarantine.evicted" }, moment);
    const quarantine = new Quarantine({ files: dying, clock, stateRoot: "/s", limits: LIMITS });
    const late = keyed("4", clock);
    await assert.rejects(quarantine.put([late], nobody));
    assert.equal(await open().count(), 3);
    assert.deepEqual((await open().put([late], nobody)).added, [late.key]);
    assert.equal(await open().count(), 3);
    assert.ok(await open().evicted() >= 1);
  }
});
