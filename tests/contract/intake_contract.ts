/** What every SlotStore does with introductions from strangers (docs/protocol/extensions.md §11). */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { SlotId } from "../../protocol/ids.ts";
import { INTRO_TTL_MS, MAX_INTROS_PER_SOURCE, MAX_LIVE_INTROS } from "../../store/slots/intake.ts";
import type { Appended } from "../../store/slots/slot_store.ts";
import { testRuns } from "../runs.ts";
import {
  digestOf,
  hashId,
  listed,
  type OpenedStore,
  type OpenStore,
  OPTIONS,
  record,
  slotId,
  slotTests,
} from "./slot_world.ts";

const textOf = (n: number): string => `"intro ${n}"`;

function introduce(
  { store, clock }: OpenedStore,
  slot: SlotId,
  n: number,
  source: string = `source ${n}`,
): Promise<Appended> {
  const intro = { source, at: clock.now() };
  return store.append(slot, { text: textOf(n), id: hashId(n) }, { intro });
}

const numbers = (from: number, until: number): number[] =>
  Array.from({ length: until - from }, (_, i) => from + i);

export function intakeContract(name: string, open: OpenStore): void {
  const test = slotTests(name, open);

  test("introductions stand among the events, in order, after a restart too", async (
    opened,
    id,
  ) => {
    await opened.store.append(id, { text: '"a"', id: hashId(100) });
    assert.deepEqual(await introduce(opened, id, 1), { status: "stored", seq: 2 });
    await opened.store.append(id, { text: '"b"', id: hashId(101) });
    for (const restart of [false, true]) {
      if (restart) await opened.restart();
      assert.deepEqual(await listed(opened.store, id), ['"a"', textOf(1), '"b"']);
      assert.deepEqual(await listed(opened.store, id, hashId(100), 1), [textOf(1)]);
      assert.deepEqual(await listed(opened.store, id, hashId(1)), ['"b"']);
      assert.deepEqual(await introduce(opened, id, 1), {
        seq: 2,
        status: "duplicate",
        digest: digestOf(textOf(1)),
      });
    }
  });

  test("lesson 25: strangers never use the mailbox's quota, nor need it", async (opened, id) => {
    await opened.store.append(id, { text: "x".repeat(100), id: hashId(100) });
    assert.equal((await introduce(opened, id, 1)).status, "stored");
    assert.deepEqual(await opened.store.totals(id), { events: 2, bytes: 100 });
    assert.equal((await opened.store.counters()).events_posted_total, 1);
  }, { maxSlotBytes: 100 });

  test("lesson 25: a source drives out only its own", async (opened, id) => {
    await introduce(opened, id, 0, "quiet");
    for (const n of numbers(1, 200)) await introduce(opened, id, n, "flood");
    await opened.restart();
    assert.deepEqual(
      await listed(opened.store, id),
      [0, ...numbers(200 - MAX_INTROS_PER_SOURCE, 200)].map(textOf),
    );
    assert.equal((await introduce(opened, id, 5, "flood")).status, "duplicate");
  });

  test("lesson 49: with the intake full, the oldest of the fullest source gives way", async (
    opened,
    id,
  ) => {
    await introduce(opened, id, 1, "first");
    for (const n of [2, 3, 4]) await introduce(opened, id, n, "full");
    const others = numbers(5, MAX_LIVE_INTROS + 1);
    await Promise.all(others.map((n) => introduce(opened, id, n)));
    await introduce(opened, id, 1_000);
    const texts = await listed(opened.store, id);
    assert.equal(texts.length, MAX_LIVE_INTROS);
    assert.ok(texts.includes(textOf(1)) && !texts.includes(textOf(2)));
    await introduce(opened, id, 1_001);
    await introduce(opened, id, 1_002);
    assert.ok(!(await listed(opened.store, id)).includes(textOf(1)), "all sources are even now");
  });

  test("bodies go after seven days, ids and places stay", async (opened, id) => {
    await introduce(opened, id, 1);
    await opened.store.append(id, { text: '"a"', id: hashId(100) });
    opened.clock.shiftMs += INTRO_TTL_MS - 60_000;
    await introduce(opened, id, 2);
    assert.deepEqual(await listed(opened.store, id), [textOf(1), '"a"', textOf(2)]);
    opened.clock.shiftMs += 61_000;
    assert.deepEqual(await listed(opened.store, id), ['"a"', textOf(2)]);
    assert.deepEqual(await listed(opened.store, id, hashId(1)), ['"a"', textOf(2)]);
    assert.equal((await introduce(opened, id, 1)).status, "duplicate");
    assert.deepEqual(await introduce(opened, id, 3), { status: "stored", seq: 4 });
    await opened.restart();
    assert.deepEqual(await listed(opened.store, id), ['"a"', textOf(2), textOf(3)]);
  });

  test("a page goes on behind places whose bodies are gone", async (opened, id) => {
    for (const n of numbers(0, 30)) await introduce(opened, id, n, "flood");
    await opened.store.append(id, { text: '"a"', id: hashId(100) });
    for (const restart of [false, true]) {
      if (restart) await opened.restart();
      assert.deepEqual(await listed(opened.store, id, hashId(3), 1), [textOf(26)]);
      assert.deepEqual(await listed(opened.store, id, hashId(29), 5), ['"a"']);
      assert.deepEqual(await listed(opened.store, id, undefined, 5), [
        ...numbers(26, 30).map(textOf),
        '"a"',
      ]);
    }
  });

  test("none is asked about a duplicate, and who is refused is not stored", async (opened, id) => {
    const intro = { source: "s", at: opened.clock.now() };
    const event = { text: textOf(1), id: hashId(1) };
    const refused = await opened.store.append(id, event, { intro, admit: () => false });
    assert.equal(refused.status, "refused");
    assert.equal((await introduce(opened, id, 1)).status, "stored");
    const again = await opened.store.append(id, event, { intro, admit: () => assert.fail() });
    assert.equal(again.status, "duplicate");
    await opened.store.retire(id);
    assert.equal((await introduce(opened, id, 2)).status, "retired");
  });

  Deno.test(`${name}: any mix of introductions keeps within all bounds`, async () => {
    const arrival = fc.record({ source: fc.nat(20), count: fc.integer({ min: 1, max: 6 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { maxLength: 40 }), async (arrivals) => {
        await using opened = await open(OPTIONS);
        const id = slotId("model");
        await opened.store.create(record(id));
        let n = 0;
        for (const { source, count } of arrivals) {
          const some = numbers(n, n += count);
          await Promise.all(some.map((i) => introduce(opened, id, i, `${source}`)));
        }
        await opened.restart();
        const texts = await listed(opened.store, id);
        assert.ok(texts.length <= MAX_LIVE_INTROS);
        assert.equal((await opened.store.totals(id)).events, n);
        if (n > 0) assert.equal(texts.at(-1), textOf(n - 1));
        const wanted = Map.groupBy(arrivals, ({ source }) => source).values().reduce(
          (sum, own) =>
            sum + Math.min(MAX_INTROS_PER_SOURCE, own.reduce((all, { count }) => all + count, 0)),
          0,
        );
        assert.equal(texts.length, Math.min(MAX_LIVE_INTROS, wanted));
      }),
      { numRuns: testRuns(5) },
    );
  });
}
