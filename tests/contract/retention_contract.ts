/** What every SlotStore does with acks and with mail that may go (docs/protocol/extensions.md §4). */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { SlotId } from "../../protocol/ids.ts";
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

const DAY_MS = 24 * 3_600_000;
const RETAIN = { retainMs: 30 * DAY_MS };
const NOTHING = { events: 0, bytes: 0, removed: [] };
const GRANT = "0123456789abcdef";

const textOf = (n: number, bytes: number = 200): string => `"${n}${"x".repeat(bytes)}"`;

const numbers = (from: number, until: number): number[] =>
  Array.from({ length: until - from }, (_, i) => from + i);

async function fill(store: OpenedStore["store"], id: SlotId, ns: readonly number[]): Promise<void> {
  const answers = await store.appendAll(id, ns.map((n) => ({ text: textOf(n), id: hashId(n) })));
  assert.ok(answers.every(({ status }) => status === "stored"));
}

/** Marks what is there, and lets it grow old. */
async function age({ store, clock }: OpenedStore, days: number = 31): Promise<void> {
  await store.sweep({ retainMs: undefined });
  clock.shiftMs += days * DAY_MS;
}

export function retentionContract(name: string, open: OpenStore): void {
  const test = slotTests(name, open);

  test("an ack only grows, ends at the last event, and is there after a restart", async (
    opened,
    id,
  ) => {
    await fill(opened.store, id, [1, 2, 3]);
    assert.equal(await opened.store.acked(id), 0);
    assert.ok(await opened.store.ack(id, 2));
    assert.ok(await opened.store.ack(id, 1));
    assert.equal(await opened.store.acked(id), 2);
    await fill(opened.store, id, [4]);
    await opened.restart();
    assert.equal(await opened.store.acked(id), 2);
    await Promise.all([
      opened.store.ack(id, 3),
      opened.store.ack(id, 99),
      fill(opened.store, id, [5]),
    ]);
    const acked = await opened.store.acked(id);
    assert.ok(acked === 4 || acked === 5);
    await opened.restart();
    assert.equal(await opened.store.acked(id), acked);
    assert.equal((await listed(opened.store, id)).length, 5);
  });

  test("a shared slot is never acked: its readers do not speak for each other", async ({ store }) => {
    const id = slotId("shared");
    await store.create({ ...record(id), class: "shared" });
    await fill(store, id, [1]);
    assert.ok(!await store.ack(id, 1));
    assert.equal(await store.acked(id), 0);
  });

  test("what is acked and old goes, and only that", async (opened, id) => {
    await fill(opened.store, id, numbers(0, 50));
    await opened.store.ack(id, 40);
    await age(opened);
    await fill(opened.store, id, numbers(50, 60));
    await opened.store.ack(id, 30); // changes nothing
    assert.deepEqual(await opened.store.sweep({ retainMs: undefined }), NOTHING);
    assert.equal((await listed(opened.store, id)).length, 60);
    const before = await opened.store.totals(id);
    const swept = await opened.store.sweep(RETAIN);
    const bytes = numbers(0, 40).reduce((sum, n) => sum + textOf(n).length - 48, 0);
    assert.deepEqual(swept, { events: 40, bytes, removed: [] });
    assert.deepEqual(await opened.store.totals(id), { events: 60, bytes: before.bytes - bytes });
    await opened.store.ack(id, 60);
    assert.deepEqual(
      await opened.store.sweep(RETAIN),
      {
        events: 10,
        bytes: numbers(40, 50).reduce((sum, n) => sum + textOf(n).length - 48, 0),
        removed: [],
      },
      "of the acked ones those that are young stay",
    );
    for (const restart of [false, true]) {
      if (restart) await opened.restart();
      assert.deepEqual(await listed(opened.store, id), numbers(50, 60).map((n) => textOf(n)));
    }
  });

  test("since a dropped id goes on after it, and its event is still a duplicate", async (
    opened,
    id,
  ) => {
    await fill(opened.store, id, numbers(0, 20));
    await opened.store.ack(id, 15);
    await age(opened);
    await opened.store.sweep(RETAIN);
    for (const restart of [false, true]) {
      if (restart) await opened.restart();
      const left = numbers(15, 20).map((n) => textOf(n));
      assert.deepEqual(await listed(opened.store, id, hashId(3)), left);
      assert.deepEqual(await listed(opened.store, id, hashId(15)), left.slice(1));
      assert.deepEqual(await listed(opened.store, id, hashId(3), 2), left.slice(0, 2));
      assert.deepEqual(await opened.store.append(id, { text: textOf(3), id: hashId(3) }), {
        status: "duplicate",
        digest: digestOf(textOf(3)),
        seq: 4,
      });
      const run = await opened.store.entries(id, { after: 0, limit: 1, maxBytes: 1_000 });
      assert.deepEqual(run.entries.map(({ seq }) => seq), [16]);
    }
    assert.deepEqual(await opened.store.append(id, { text: '"new"', id: hashId(99) }), {
      status: "stored",
      seq: 21,
    });
  });

  test("events without id, with a text as id, and larger than a segment go as well", async (
    opened,
    id,
  ) => {
    const { store } = opened;
    const large = textOf(1, 200_000);
    await store.append(id, { text: large, id: hashId(1) });
    await store.append(id, { text: textOf(2), id: "some text" });
    await store.append(id, { text: textOf(3), id: undefined });
    await store.append(id, { text: large, id: hashId(4) });
    await fill(store, id, numbers(5, 900));
    await store.ack(id, 899);
    await age(opened);
    await fill(store, id, numbers(900, 903));
    await opened.store.sweep(RETAIN);
    await opened.restart();
    const left = numbers(900, 903).map((n) => textOf(n));
    assert.deepEqual(await listed(opened.store, id), left);
    assert.deepEqual(await listed(opened.store, id, "some text"), left);
    const { status } = await opened.store.append(id, { text: textOf(2), id: "some text" });
    assert.equal(status, "duplicate");
    const [bytes] = [left.reduce((sum, text) => sum + text.length, 48 * 898)];
    assert.deepEqual(await opened.store.totals(id), { events: 902, bytes });
  });

  test("ruling 8: what is dropped goes back to the grant it came with, and makes room", async (
    opened,
    id,
  ) => {
    const { store, clock } = opened;
    await store.createGrant(id, {
      id: GRANT,
      tokenHash: new Uint8Array(32).fill(1),
      label: null,
      limits: { maxEventBytes: 1_000, maxEventsPerHour: 100, maxBytes: 1_000, expiresAt: null },
      createdAt: clock.now(),
    });
    const post = (n: number): Promise<Appended> =>
      store.append(id, { text: textOf(n), id: hashId(n) }, {
        grant: { id: GRANT, at: clock.now() },
      });
    for (const n of numbers(0, 4)) assert.equal((await post(n)).status, "stored");
    assert.equal((await post(4)).status, "grant_full");
    await store.ack(id, 3);
    await age(opened);
    await store.sweep(RETAIN);
    const [grant] = await store.grants(id);
    assert.equal(grant?.bytes, textOf(3).length + 3 * 48);
    assert.equal(grant?.events, 4);
    assert.equal((await post(5)).status, "stored");
    assert.equal((await post(5)).status, "duplicate");
  });

  test("introductions keep what is theirs while mail around them goes", async (opened, id) => {
    const { store, clock } = opened;
    await fill(store, id, [1, 2]);
    await age(opened);
    await store.append(id, { text: '"intro"', id: hashId(3) }, {
      intro: { source: "somebody", at: clock.now() },
    });
    await fill(store, id, [4]);
    await store.ack(id, 4);
    await store.sweep(RETAIN);
    assert.deepEqual(await listed(store, id), ['"intro"', textOf(4)]);
    for (const [after, until, left] of [[0, 4, 2], [0, 3, 1], [2, 4, 2], [3, 4, 1], [4, 4, 0]]) {
      const range = { after: after ?? 0, until: until ?? 0 };
      assert.equal(await store.backlog(id, range), left, JSON.stringify(range));
    }
    await store.sweep({ retainMs: 0 });
    assert.deepEqual(await listed(opened.store, id), ['"intro"']);
    await opened.restart();
    assert.deepEqual(await listed(opened.store, id, hashId(1)), ['"intro"']);
    assert.equal(await opened.store.backlog(id, { after: 0, until: 4 }), 1);
    clock.shiftMs += 8 * DAY_MS;
    assert.equal(await opened.store.backlog(id, { after: 0, until: 4 }), 0);
  });

  test("lesson 49: the ids of a slot have a ceiling; strangers leave room for its peers", async (
    { store, clock },
    id,
  ) => {
    await fill(store, id, numbers(0, 9));
    const intro = { source: "somebody", at: clock.now() };
    const stranger = await store.append(id, { text: '"i"', id: hashId(20) }, { intro });
    assert.equal(stranger.status, "full");
    await fill(store, id, [9]);
    assert.deepEqual(await store.append(id, { text: '"11"', id: hashId(11) }), {
      status: "full",
      bytesUsed: (await store.totals(id)).bytes,
      ids: 10,
    });
    assert.equal((await store.append(id, { text: textOf(3), id: hashId(3) })).status, "duplicate");
  }, { maxSlotIds: 10 });

  test("lesson 49: a slot that nobody ever used goes, and makes room; any use keeps it", async (
    opened,
    id,
  ) => {
    const { clock } = opened;
    const createdAt = clock.now();
    const [used, read, granted, told] = ["used", "read", "granted", "told"].map(slotId);
    assert.ok(used !== undefined && read !== undefined);
    assert.ok(granted !== undefined && told !== undefined);
    for (const slot of [used, read, granted, told]) {
      assert.ok(await opened.store.create({ ...record(slot), createdAt }));
    }
    assert.ok(!await opened.store.create(record(slotId("too many"))));
    await fill(opened.store, used, [1]);
    await opened.store.setHealth(told, { status: "ok", set_at: "2026-11-21T05:00:00Z" });
    await opened.store.createGrant(granted, {
      id: GRANT,
      tokenHash: new Uint8Array(32).fill(1),
      label: null,
      limits: { maxEventBytes: 1, maxEventsPerHour: 1, maxBytes: 1, expiresAt: null },
      createdAt,
    });
    const sweep = async (inUse?: SlotId): Promise<readonly SlotId[]> => {
      const unused = { unusedMs: 90 * DAY_MS, isInUse: (slot: SlotId) => slot === inUse };
      return (await opened.store.sweep({ retainMs: undefined, unused })).removed;
    };
    assert.deepEqual(await sweep(read), [id], "made long ago, as its record says");
    assert.equal(await opened.store.find(id), undefined);
    await assert.rejects(opened.store.totals(id));
    assert.ok(await opened.store.create({ ...record(slotId("another")), createdAt: clock.now() }));
    clock.shiftMs += 60 * DAY_MS;
    assert.deepEqual(await sweep(read), []);
    clock.shiftMs += 60 * DAY_MS;
    await opened.restart();
    assert.deepEqual(await sweep(), [slotId("another")], "what was read lately stays");
    clock.shiftMs += 60 * DAY_MS;
    assert.deepEqual(await sweep(), [read]);
    clock.shiftMs += 900 * DAY_MS;
    assert.deepEqual(await sweep(), [], "mail, grants and what the owner said stay for ever");
    assert.equal((await listed(opened.store, used)).length, 1);
  }, { maxSlots: 5 });

  Deno.test(`${name}: the model: whatever is acked, aged and restarted, the rest is read in order`, async () => {
    const steps = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.record({ post: fc.integer({ min: 1, max: 400 }) }) },
        fc.record({ ack: fc.double({ min: 0, max: 1, noNaN: true }) }),
        fc.record({ days: fc.integer({ min: 1, max: 40 }) }),
        fc.constant({ restart: true }),
      ),
      { minLength: 3, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        await using opened = await open(OPTIONS);
        const id = slotId("main");
        await opened.store.create(record(id));
        const events: { readonly n: number; readonly at: number }[] = [];
        let acked = 0;
        let dropped = 0;
        for (const step of list) {
          const { store, clock } = opened;
          if ("post" in step) {
            const ns = numbers(events.length, events.length + step.post);
            await fill(store, id, ns);
            events.push(...ns.map((n) => ({ n, at: clock.shiftMs })));
            await store.sweep({ retainMs: undefined });
          } else if ("ack" in step) {
            acked = Math.max(acked, Math.floor(step.ack * events.length));
            await store.ack(id, acked);
          } else if ("days" in step) {
            clock.shiftMs += step.days * DAY_MS;
            await store.sweep(RETAIN);
            const before = clock.shiftMs - RETAIN.retainMs;
            while (dropped < acked && (events[dropped]?.at ?? Infinity) <= before) dropped++;
          } else await opened.restart();
          // The age is known within a sixteenth: what may go can still be there, never the reverse.
          const texts = await listed(opened.store, id, undefined, 10_000);
          const gone = events.length - texts.length;
          assert.ok(gone <= dropped);
          assert.deepEqual(texts, events.slice(gone).map(({ n }) => textOf(n)));
          for (const after of [0, gone, Math.floor(events.length / 2)]) {
            const until = events.length;
            const left = await opened.store.backlog(id, { after, until });
            assert.equal(left, Math.min(texts.length, until - after));
          }
          const { bytes } = await opened.store.totals(id);
          const kept = texts.reduce((sum, text) => sum + text.length, 0);
          assert.equal(bytes, kept + 48 * gone);
        }
      }),
      { numRuns: testRuns(12) },
    );
  });
}
