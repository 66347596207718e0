/**
 * What every SlotStore does, whatever it is made of: run against the memory and the KV adapter
 * alike. The model-based part compares it with a list.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { SlotId } from "../../protocol/ids.ts";
import { testRuns } from "../runs.ts";
import {
  digestOf,
  hashId,
  isCode,
  listed,
  type OpenedStore,
  type OpenStore,
  record,
  slotId,
  slotTests,
} from "./slot_world.ts";

export function slotStoreContract(name: string, open: OpenStore): void {
  const test = slotTests(name, open);

  test("a slot is found with its token's hash, also after a restart", async (opened, id) => {
    await opened.restart();
    const found = await opened.store.find(id);
    assert.deepEqual(new Uint8Array(found?.tokenHash ?? []), new Uint8Array(32).fill(7));
    assert.equal(found?.createdAt, 1_700_000_000_000);
    assert.equal(await opened.store.find(slotId("other")), undefined);
  });

  test("lesson 49: slots have a ceiling, and a slot is not made twice", async ({ store }, id) => {
    await assert.rejects(store.create(record(id)), isCode("conflict"));
    assert.ok(await store.create(record(slotId("second"))));
    assert.ok(!await store.create(record(slotId("third"))));
    assert.equal(await store.find(slotId("third")), undefined);
  }, { maxSlots: 2 });

  test("what was never allocated is not found", async ({ store }) => {
    const id = slotId("other");
    await assert.rejects(store.append(id, { text: "{}", id: undefined }), isCode("not_found"));
    await assert.rejects(listed(store, id), isCode("not_found"));
    await assert.rejects(store.totals(id), isCode("not_found"));
  });

  test(
    "events come back as they were stored, in order, after a restart too",
    async (opened, id) => {
      const texts = ['{"a":1.0,"b":1e+16}', '"é 😀"', "null", '{"event_id":"x"}'];
      for (const [i, text] of texts.entries()) {
        assert.deepEqual(
          await opened.store.append(id, { text, id: i === 3 ? "x" : undefined }),
          { status: "stored", seq: i + 1 },
        );
      }
      assert.deepEqual(await listed(opened.store, id), texts);
      await opened.restart();
      assert.deepEqual(await listed(opened.store, id), texts);
      const bytes = new TextEncoder().encode(texts.join("")).length;
      assert.deepEqual(await opened.store.totals(id), { events: 4, bytes });
    },
  );

  test("a duplicate names the first version and changes nothing", async (opened, id) => {
    const first = { text: '{"n":1}', id: hashId(1) };
    await opened.store.append(id, first);
    for (const restart of [false, true]) {
      if (restart) await opened.restart();
      assert.deepEqual(
        await opened.store.append(id, { text: '{"n":2}', id: hashId(1) }),
        { status: "duplicate", digest: digestOf(first.text), seq: 1 },
      );
    }
    assert.deepEqual(await listed(opened.store, id), [first.text]);
  });

  test("an id in one slot is none in another", async ({ store }, id) => {
    const other = slotId("other");
    await store.create(record(other));
    await store.append(id, { text: "1", id: "same" });
    assert.equal((await store.append(other, { text: "2", id: "same" })).status, "stored");
  });

  test("of eight equal events at once one is stored", async ({ store }, id) => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => store.append(id, { text: '{"n":1}', id: hashId(1) })),
    );
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [...Array(7).fill("duplicate"), "stored"]);
    assert.equal((await listed(store, id)).length, 1);
  });

  test(
    "since is exclusive; unknown, empty or foreign means from the beginning",
    async ({ store }, id) => {
      for (let i = 1; i <= 5; i++) await store.append(id, { text: `${i}`, id: `e${i}` });
      assert.deepEqual(await listed(store, id, "e2"), ["3", "4", "5"]);
      assert.deepEqual(await listed(store, id, "e5"), []);
      assert.deepEqual(await listed(store, id, "e3", 1), ["4"]);
      for (const since of ["e9", "", hashId(4)]) {
        assert.deepEqual(await listed(store, id, since, 2), ["1", "2"]);
      }
      assert.deepEqual(await listed(store, id, undefined, 0), []);
    },
  );

  test("a page is bounded in bytes but has at least one event", async ({ store }, id) => {
    for (let i = 0; i < 4; i++) {
      await store.append(id, { text: `"${"x".repeat(98)}"`, id: `e${i}` });
    }
    assert.equal((await listed(store, id, undefined, 1000, 350)).length, 3);
    assert.equal((await listed(store, id, undefined, 1000, 1)).length, 1);
    assert.equal((await listed(store, id, "e1", 1000, 200)).length, 2);
  });

  test("the quota takes exactly its bytes, and duplicates on a full slot", async (opened, id) => {
    const text = (n: number, length: number) => `"${n}${"x".repeat(length - 3)}"`;
    await opened.store.append(id, { text: text(1, 600), id: "e1" });
    assert.equal((await opened.store.append(id, { text: text(2, 401), id: "e2" })).status, "full");
    assert.equal(
      (await opened.store.append(id, { text: text(2, 400), id: "e2" })).status,
      "stored",
    );
    await opened.restart();
    assert.deepEqual(
      await opened.store.append(id, { text: "1", id: "e3" }),
      { status: "full", bytesUsed: 1000 },
    );
    assert.equal((await opened.store.append(id, { text: "1", id: "e1" })).status, "duplicate");
  }, { maxSlotBytes: 1000 });

  test("concurrent appends never exceed the quota", async ({ store }, id) => {
    const answers = await Promise.all(
      Array.from(
        { length: 30 },
        (_, i) => store.append(id, { text: `"${"x".repeat(98)}"`, id: `${i}` }),
      ),
    );
    assert.equal(answers.filter(({ status }) => status === "stored").length, 10);
    assert.deepEqual(await store.totals(id), { events: 10, bytes: 1000 });
  }, { maxSlotBytes: 1000 });

  test("large and small events share a slot", async (opened, id) => {
    const sizes = [10, 61_000, 262_144, 5, 61_440, 61_441, 200_000, 40_000, 40_000, 1];
    const texts = sizes.map((size, i) => `${i}`.padEnd(size, "x"));
    await Promise.all(
      texts.map((text, i) => opened.store.append(id, { text, id: hashId(i) })),
    );
    for (const restart of [false, true]) {
      if (restart) await opened.restart();
      assert.deepEqual(await listed(opened.store, id), texts);
      assert.deepEqual(await listed(opened.store, id, hashId(4)), texts.slice(5));
    }
  });

  test("small commits are merged without losing a place", async (opened, id) => {
    const texts = Array.from(
      { length: 330 },
      (_, i) => `"${i} ${"x".repeat(i % 3 === 0 ? 900 : 50)}"`,
    );
    for (const [i, text] of texts.entries()) await opened.store.append(id, { text, id: hashId(i) });
    for (const restart of [false, true]) {
      if (restart) await opened.restart();
      assert.deepEqual(await listed(opened.store, id), texts);
      for (const at of [0, 63, 64, 65, 200, 328, 329]) {
        assert.deepEqual(await listed(opened.store, id, hashId(at)), texts.slice(at + 1));
      }
    }
  });

  test("lesson 46: a reader sees every event once while writers go on", async ({ store }, id) => {
    for (let i = 0; i < 100; i++) await store.append(id, { text: `${i}`, id: hashId(i) });
    let written = 100;
    const writer = (async () => {
      while (written < 400) {
        await Promise.all(
          [0, 1, 2].map((n) =>
            store.append(id, { text: `${written + n}`, id: hashId(written + n) })
          ),
        );
        written += 3;
      }
    })();
    const seen: string[] = [];
    while (seen.length < 400) {
      const since = seen.length === 0 ? undefined : hashId(seen.length - 1);
      // A page from memory waits for nothing: the writers need a turn of the event loop too.
      await new Promise<void>((resolve) => void setImmediate(resolve));
      seen.push(...await listed(store, id, since, 37));
    }
    await writer;
    assert.deepEqual(seen, Array.from({ length: seen.length }, (_, i) => `${i}`));
  });

  test("responder health is replaced and survives", async (opened, id) => {
    assert.equal(await opened.store.health(id), undefined);
    await opened.store.setHealth(id, { status: "online", set_at: "a", reason: "r" });
    const health = { status: "degraded", set_at: "b", last_success_at: "c" };
    await opened.store.setHealth(id, health);
    await opened.restart();
    assert.deepEqual(await opened.store.health(id), health);
  });

  test("counters survive", async (opened, id) => {
    await opened.store.append(id, { text: "1", id: "a" });
    await opened.store.append(id, { text: "1", id: "a" });
    opened.store.count("pair_opens_total");
    opened.store.count("pair_opens_total");
    const expected = { events_posted_total: 1, pair_opens_total: 2, slot_allocations_total: 1 };
    assert.deepEqual(await opened.store.counters(), expected);
    await opened.restart();
    assert.deepEqual(await opened.store.counters(), expected);
  });

  Deno.test(`${name}: P1: any history of appends, pages and restarts behaves as a list`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 40 }), async (history) => {
        await using opened = await open({ maxSlots: 10, maxSlotBytes: MODEL_QUOTA });
        const id = slotId("model");
        await opened.store.create(record(id));
        const model: Model = { events: [], bytes: 0 };
        await fc.asyncModelRun(() => ({ model, real: { opened, id } }), history);
      }),
      { numRuns: testRuns(12) },
    );
  });
}

const MODEL_QUOTA = 400_000;

interface Model {
  readonly events: { readonly text: string; readonly id: string | undefined }[];
  bytes: number;
}

interface Real {
  readonly opened: OpenedStore;
  readonly id: SlotId;
}

/** Several appends at once: one batch, whose order among themselves the store decides. */
class Append implements fc.AsyncCommand<Model, Real> {
  constructor(readonly ids: readonly number[], readonly size: number) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, { opened, id }: Real): Promise<void> {
    const base = model.events.length;
    const posts = this.ids.map((n, i) => ({
      text: `"${base}.${i} ${"x".repeat(this.size)}"`,
      id: n === 0 ? undefined : n % 2 === 0 ? `text-${n}` : hashId(n),
    }));
    const answers = await Promise.all(posts.map((post) => opened.store.append(id, post)));
    const stored = posts
      .map((post, i) => ({ post, answer: answers[i] }))
      .filter(({ answer }) => answer?.status === "stored")
      .sort((a, b) => seqOf(a.answer) - seqOf(b.answer));
    stored.forEach(({ answer }, i) => assert.equal(seqOf(answer), base + i + 1));
    for (const { post } of stored) {
      assert.ok(post.id === undefined || model.events.every((event) => event.id !== post.id));
      model.events.push(post);
      model.bytes += post.text.length;
    }
    posts.forEach((post, i) => {
      const answer = answers[i];
      if (answer?.status === "duplicate") {
        const first = model.events.find((event) => event.id === post.id);
        assert.equal(answer.digest, digestOf(first?.text ?? ""));
      }
      if (answer?.status === "full") assert.ok(model.bytes + post.text.length > MODEL_QUOTA / 2);
    });
    assert.ok(model.bytes <= MODEL_QUOTA);
  }

  toString(): string {
    return `append(${this.ids}, ${this.size})`;
  }
}

const seqOf = (answer: unknown): number =>
  typeof answer === "object" && answer !== null && "seq" in answer ? Number(answer.seq) : 0;

class List implements fc.AsyncCommand<Model, Real> {
  constructor(readonly place: number, readonly limit: number) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, { opened, id }: Real): Promise<void> {
    const at = model.events.length === 0 ? 0 : this.place % model.events.length;
    const since = model.events[at]?.id;
    const expected = model.events.slice(since === undefined ? 0 : at + 1).slice(0, this.limit);
    assert.deepEqual(
      await listed(opened.store, id, since, this.limit),
      expected.map(({ text }) => text),
    );
    assert.deepEqual(await opened.store.totals(id), {
      events: model.events.length,
      bytes: model.bytes,
    });
  }

  toString(): string {
    return `list(${this.place}, ${this.limit})`;
  }
}

class Restart implements fc.AsyncCommand<Model, Real> {
  check(): boolean {
    return true;
  }

  run(_model: Model, { opened }: Real): Promise<void> {
    return opened.restart();
  }

  toString(): string {
    return "restart";
  }
}

const commands: fc.Arbitrary<fc.AsyncCommand<Model, Real>>[] = [
  fc.tuple(
    fc.array(fc.nat(60), { minLength: 1, maxLength: 12 }),
    fc.oneof(fc.nat(300), fc.nat(70_000)),
  ).map(([ids, size]) => new Append(ids, size)),
  fc.tuple(fc.nat(), fc.nat(50)).map(([place, limit]) => new List(place, limit)),
  fc.constant(new Restart()),
];
