import assert from "node:assert/strict";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { Crash, FaultFiles } from "../../platform/fault_files.ts";
import { type EventId, isEventId, isHandle } from "../../protocol/ids.ts";
import { READ_MARKS, ReadMarks } from "./read_marks.ts";

const FILE = "/state/delivery/bob.reads";
const { longestBytes, keptBytes } = READ_MARKS;
const LINE_BYTES = 65;

function marksOn(files: FaultFiles | MemoryFiles) {
  return new ReadMarks({ files, stateRoot: "/state" });
}

function bob() {
  const name = "bob";
  assert.ok(isHandle(name));
  return name;
}

function ids(from: number, count: number): EventId[] {
  return Array.from({ length: count }, (_, at) => (from + at).toString(16).padStart(64, "0"))
    .filter(isEventId);
}

const FULL = Math.ceil(longestBytes / LINE_BYTES);

Deno.test("P8: the list of what was read is cut, and a place in it stays the same place", async () => {
  const files = new MemoryFiles();
  const marks = marksOn(files);
  await marks.mark(bob(), ids(0, FULL - 1));
  const told = await marks.size(bob());
  const late = ids(FULL, 3);
  await marks.mark(bob(), late);
  const size = (await files.stat(FILE))?.size ?? 0;
  assert.ok(size > 0 && size <= keptBytes + 100, `${size}`);
  const left = await marks.since(bob(), { offset: told, most: 10 });
  assert.deepEqual(left.messages.map(({ eventId }) => eventId), late);
  assert.equal(left.offset, await marks.size(bob()));
  assert.equal(left.offset, told + 3 * LINE_BYTES);
  await marks.mark(bob(), late);
  assert.equal(await marks.size(bob()), left.offset, "a mark that stays is not made twice");
});

Deno.test("what was dropped before it was told is passed over, and the newest are told one by one", async () => {
  const files = new MemoryFiles();
  const marks = marksOn(files);
  await marks.mark(bob(), ids(0, FULL + 1));
  const told: string[] = [];
  for (let offset = 0;;) {
    const part = await marks.since(bob(), { offset, most: 256 });
    if (part.messages.length === 0) break;
    told.push(...part.messages.map(({ eventId }) => eventId));
    ({ offset } = part);
  }
  assert.deepEqual(told, ids(0, FULL + 1).slice(-told.length));
  assert.equal(told.length, Math.floor(keptBytes / LINE_BYTES));
});

Deno.test("P1: killed at delivery.reads_cut, or with a full disk there, the list is whole", async () => {
  for (const moment of ["before", "after"] as const) {
    const files = new MemoryFiles();
    await marksOn(files).mark(bob(), ids(0, FULL - 1));
    const told = await marksOn(files).size(bob());
    const dying = new FaultFiles(files).crashAt({ point: "delivery.reads_cut" }, moment);
    await assert.rejects(marksOn(dying).mark(bob(), ids(FULL, 2)), Crash);
    const left = await marksOn(files).since(bob(), { offset: told, most: 10 });
    assert.deepEqual(left.messages.map(({ eventId }) => eventId), ids(FULL, 2), moment);
  }
});

Deno.test("a list that somebody else wrote stops nobody", async () => {
  for (const text of ["from", "from 12", "from -1\n", "\u00fc\n\u{1f600}", "from 9\nfrom 9\n"]) {
    const files = new MemoryFiles();
    await files.ensureDirectory("/state/delivery");
    await files.writeAtomic(FILE, text, { point: "test" });
    const marks = marksOn(files);
    await marks.mark(bob(), ids(1, 2));
    const { messages } = await marks.since(bob(), { offset: 0, most: 10 });
    assert.deepEqual(messages.map(({ eventId }) => eventId), ids(1, 2), JSON.stringify(text));
  }
});
