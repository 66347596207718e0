/** A slot as a log that is written in batches and read on from a place: live readers live on it. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Entry, SlotStoreOptions } from "../../store/slots/slot_store.ts";
import { testRuns } from "../runs.ts";
import {
  digestOf,
  hashId,
  isCode,
  listed,
  type OpenedStore,
  type OpenStore,
  OPTIONS,
  record,
  slotId,
} from "./slot_world.ts";

const DECODER = new TextDecoder();
const shown = ({ seq, via, bytes }: Entry) => [seq, via, DECODER.decode(bytes)];
const ALL = { limit: 10_000, maxBytes: 1e9 };
const GRANT = "00112233445566ff";
const event = (n: number) => ({ text: `"event ${n}"`, id: hashId(n) });

async function grant({ store }: OpenedStore, maxBytes: number): Promise<void> {
  await store.createGrant(slotId("main"), {
    id: GRANT,
    tokenHash: new Uint8Array(32).fill(9),
    label: null,
    limits: { maxEventBytes: 1e6, maxEventsPerHour: 1e6, maxBytes, expiresAt: null },
    createdAt: 0,
  });
}

export function logContract(name: string, open: OpenStore): void {
  const test = (
    what: string,
    body: (opened: OpenedStore) => Promise<void>,
    options: Partial<SlotStoreOptions> = {},
  ): void => {
    Deno.test(`${name}: ${what}`, async () => {
      await using opened = await open({ ...OPTIONS, ...options });
      assert.ok(await opened.store.create(record(slotId("main"))));
      await body(opened);
    });
  };
  const id = slotId("main");

  test("a batch is answered event by event, in its order, repeats within it too", async (opened) => {
    const { store } = opened;
    await store.append(id, event(1));
    const answers = await store.appendAll(id, [event(2), event(1), event(3), event(2)]);
    assert.deepEqual(answers, [
      { status: "stored", seq: 2 },
      { status: "duplicate", digest: digestOf(event(1).text), seq: 1 },
      { status: "stored", seq: 3 },
      { status: "duplicate", digest: digestOf(event(2).text), seq: 2 },
    ]);
    assert.deepEqual(await store.appendAll(id, []), []);
    await opened.restart();
    assert.deepEqual(await listed(opened.store, id), [1, 2, 3].map((n) => event(n).text));
  });

  test("equal batches at once store each event once", async ({ store }) => {
    const batch = Array.from({ length: 40 }, (_, n) => event(n));
    const answers = await Promise.all([1, 2, 3].map(() => store.appendAll(id, batch)));
    const stored = answers.flat().filter(({ status }) => status === "stored");
    assert.equal(stored.length, 40);
    assert.deepEqual(await listed(store, id), batch.map(({ text }) => text));
  });

  test("what does not fit the quota holds up no other event of its batch", async ({ store }) => {
    const large = { text: `"${"x".repeat(900)}"`, id: hashId(9) };
    const answers = await store.appendAll(id, [event(1), large, event(2)]);
    assert.deepEqual(answers.map(({ status }) => status), ["stored", "full", "stored"]);
    assert.deepEqual(await listed(store, id), [event(1).text, event(2).text]);
  }, { maxSlotBytes: 500 });

  test("a batch larger than a commit is stored whole and in order", async (opened) => {
    const batch = Array.from({ length: 12 }, (_, n) => ({
      text: `"${n}${"x".repeat(100_000)}"`,
      id: hashId(n),
    }));
    const answers = await opened.store.appendAll(id, batch);
    assert.deepEqual(answers, batch.map((_, n) => ({ status: "stored", seq: n + 1 })));
    await opened.restart();
    assert.deepEqual(await listed(opened.store, id), batch.map(({ text }) => text));
  });

  test("an entry says which grant brought it, after a restart too", async (opened) => {
    await grant(opened, 1_000);
    await opened.store.append(id, event(1));
    await opened.store.appendAll(id, [event(2), { text: "3", id: undefined }], {
      grant: { id: GRANT, at: 1 },
    });
    for (const restart of [false, true]) {
      if (restart) await opened.restart();
      const { entries, next, head } = await opened.store.entries(id, { after: 0, ...ALL });
      assert.deepEqual(entries.map(shown), [
        [1, null, event(1).text],
        [2, GRANT, event(2).text],
        [3, GRANT, "3"],
      ]);
      assert.deepEqual([next, head], [4, 3]);
    }
  });

  test("a grant's bytes bound a batch as they bound its events one by one", async (opened) => {
    await grant(opened, 20);
    const answers = await opened.store.appendAll(id, [1, 2, 3].map(event), {
      grant: { id: GRANT, at: 1 },
    });
    const statuses = answers.map(({ status }) => status);
    assert.deepEqual(statuses, ["stored", "stored", "grant_full"]);
  });

  test("the listener hears what is stored, in order, and nothing else", async ({ store }) => {
    const heard: unknown[] = [];
    store.listen((slot, entries) => void heard.push(...entries.map((e) => [slot, ...shown(e)])));
    await Promise.all([
      store.appendAll(id, [event(1), event(2)]),
      store.append(id, event(1)),
      store.append(id, { text: "[]", id: undefined }),
    ]);
    await store.append(id, event(3), {
      intro: { source: "a", at: 0 },
    });
    const { entries } = await store.entries(id, { after: 0, ...ALL });
    const inStore = entries.map((entry) => [id, ...shown(entry)]);
    assert.equal(heard.length, 4);
    assert.deepEqual(heard.slice(0, 3), inStore.slice(0, 3));
    assert.deepEqual(heard[3], [id, 4, null, event(3).text]);
  });

  test("ids lead to their places, and a slot has a head", async (opened) => {
    assert.equal(await opened.store.head(id), 0);
    await opened.store.appendAll(id, [event(1), { text: "2", id: "e-2" }]);
    await opened.restart();
    assert.equal(await opened.store.head(id), 2);
    assert.equal(await opened.store.seqOf(id, hashId(1)), 1);
    assert.equal(await opened.store.seqOf(id, "e-2"), 2);
    assert.equal(await opened.store.seqOf(id, "other"), undefined);
    const other = slotId("never");
    await assert.rejects(opened.store.head(other), isCode("not_found"));
    await assert.rejects(opened.store.seqOf(other, ""), isCode("not_found"));
    await assert.rejects(opened.store.entries(other, { after: 0, ...ALL }), isCode("not_found"));
    await assert.rejects(opened.store.appendAll(other, [event(1)]), isCode("not_found"));
  });

  Deno.test(`${name}: runs of any size read a log without a gap or a repeat`, async () => {
    const sizes = fc.array(fc.oneof(fc.nat(80), fc.nat(30_000)), { minLength: 1, maxLength: 25 });
    const request = fc.record({ limit: fc.integer({ min: 1, max: 9 }), maxBytes: fc.nat(70_000) });
    await fc.assert(
      fc.asyncProperty(sizes, request, fc.nat(30), async (list, bounds, start) => {
        await using opened = await open(OPTIONS);
        const { store } = opened;
        await store.create(record(id));
        const texts = list.map((size, n) => `"${n}${"x".repeat(size)}"`);
        for (const text of texts) await store.append(id, { text, id: undefined });
        const seen: string[] = [];
        let after = Math.min(start, texts.length);
        while (after < texts.length) {
          const run = await store.entries(id, { after, ...bounds });
          assert.equal(run.head, texts.length);
          assert.ok(run.entries.length >= 1 && run.entries.length <= bounds.limit);
          const bytes = run.entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
          assert.ok(run.entries.length === 1 || bytes <= bounds.maxBytes);
          run.entries.forEach(({ seq }, i) => assert.equal(seq, after + 1 + i));
          assert.equal(run.next, after + run.entries.length + 1);
          seen.push(...run.entries.map((entry) => DECODER.decode(entry.bytes)));
          after = run.next - 1;
        }
        assert.deepEqual(seen, texts.slice(Math.min(start, texts.length)));
        const end = await store.entries(id, { after: texts.length + start, ...bounds });
        assert.deepEqual(end.entries, []);
      }),
      { numRuns: testRuns(8) },
    );
  });
}
