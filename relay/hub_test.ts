/** The hub against a log that grows behind its back: whoever joins hears each event once, in order. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { isSlotId, type SlotId } from "../protocol/ids.ts";
import type { Entry, Run } from "../store/slots/slot_store.ts";
import { testRuns } from "../tests/runs.ts";
import { Hub } from "./hub.ts";
import type { StoredBatch } from "./stored_batch.ts";

function slotOf(digit: string): SlotId {
  const id = digit.repeat(32);
  assert.ok(isSlotId(id));
  return id;
}

const SLOT = slotOf("a");
const LIMITS = { maxStreamsPerSlot: 3, maxSubscriptions: 4 };
const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);

/** What is on the disk; announcing it is somebody else's choice. */
class Disk {
  last = 0;
  failures = 0;
  readonly again = Promise.withResolvers<void>();
  readonly errors: unknown[] = [];

  constructor(readonly pause: () => Promise<void> = () => Promise.resolve()) {}

  readonly hub = new Hub({
    read: (_slot, after) => this.#read(after),
    failed: (error) => {
      this.errors.push(error);
      return this.again.promise;
    },
  }, LIMITS);

  store(count: number): Entry[] {
    const first = this.last + 1;
    this.last += count;
    return upTo(this.last, first).map((seq) => ({ seq, via: null, bytes: new Uint8Array() }));
  }

  async #read(after: number): Promise<Run> {
    await this.pause();
    if (this.failures-- > 0) throw new Error("disk");
    const last = Math.min(this.last, after + 2);
    const entries = upTo(last, after + 1).map((seq) => ({
      seq,
      via: null,
      bytes: new Uint8Array(),
    }));
    return { entries, next: last + 1, head: this.last };
  }
}

class Reader {
  readonly heard: number[] = [];
  isRetired = false;

  take({ first, entries }: StoredBatch): void {
    assert.equal(first, (this.heard.at(-1) ?? first - 1) + 1, "batches join on to each other");
    this.heard.push(...entries.map(({ seq }) => seq));
  }

  retired(): void {
    this.isRetired = true;
  }
}

Deno.test("hub: lost, late and repeated announcements change nothing in what is heard", async () => {
  const step = fc.record({
    count: fc.integer({ min: 1, max: 3 }),
    /** `lost`: another process stored it. */
    announced: fc.constantFrom("now", "later", "twice", "lost"),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.nat(4),
      fc.array(step, { maxLength: 10 }),
      async (s, before, steps) => {
        const disk = new Disk(() => s.schedule(Promise.resolve(), "read"));
        const { hub } = disk;
        disk.store(before);
        const reader = new Reader();
        const joined = hub.join(SLOT, reader, disk.last);
        assert.equal(joined?.head, before);
        const late: Entry[][] = [];
        for (const { count, announced } of steps) {
          const entries = disk.store(count);
          if (announced === "now" || announced === "twice") hub.publish(SLOT, entries);
          if (announced === "twice" || announced === "later") late.push(entries);
          await s.waitFor(s.schedule(Promise.resolve(), "step"));
        }
        for (const entries of late) hub.publish(SLOT, entries);
        hub.catchUp(SLOT);
        for (let round = 0; round < 50; round++) await s.waitAll();
        assert.deepEqual(reader.heard, upTo(disk.last, before + 1));
        assert.deepEqual(disk.errors, []);
      },
    ),
    { numRuns: testRuns(200) },
  );
});

Deno.test("hub: a slot that cannot be read is told, and read again a while later", async () => {
  const disk = new Disk();
  const reader = new Reader();
  disk.failures = 1;
  disk.hub.join(SLOT, reader, 0);
  disk.store(1);
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(disk.errors.length, 1);
  disk.hub.publish(SLOT, disk.store(1));
  assert.deepEqual(reader.heard, []);
  disk.again.resolve();
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(reader.heard, [1, 2]);
});

Deno.test("P8: hub: so many listen to a slot and to all, and who leaves makes room", () => {
  const { hub } = new Disk();
  const other = slotOf("b");
  const joined = [1, 2, 3].map(() => hub.join(SLOT, new Reader(), 0));
  assert.equal(hub.join(SLOT, new Reader(), 0), undefined);
  assert.ok(hub.join(other, new Reader(), 0));
  assert.equal(hub.join(other, new Reader(), 0), undefined);
  assert.deepEqual([hub.size, hub.listeners(SLOT), [...hub.slots]], [4, 3, [SLOT, other]]);
  for (const reader of joined) {
    reader?.leave();
    reader?.leave();
  }
  assert.deepEqual([hub.size, [...hub.slots]], [1, [other]]);
  assert.ok(hub.join(SLOT, new Reader(), 0));
});

Deno.test("hub: a retired slot is told to whoever listened, and nobody hears of it again", () => {
  const disk = new Disk();
  const [reader, other] = [new Reader(), new Reader()];
  const joined = disk.hub.join(SLOT, reader, 0);
  disk.hub.join(slotOf("b"), other, 0);
  disk.hub.retire(SLOT);
  disk.hub.publish(SLOT, disk.store(1));
  joined?.leave();
  assert.deepEqual([reader.isRetired, other.isRetired], [true, false]);
  assert.deepEqual(reader.heard, []);
  assert.equal(disk.hub.size, 1);
});
