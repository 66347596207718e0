/** The contract of the places where pairings meet, held by each adapter. */
import assert from "node:assert/strict";
import { z } from "zod";
import { FakeClock } from "../../platform/fake/clock.ts";
import type { DocumentLimits, Documents, Kind } from "../../store/pairings/documents.ts";
import { KvDocuments } from "../../store/pairings/kv_documents.ts";
import { MemoryDocuments } from "../../store/pairings/memory_documents.ts";

interface Opened extends Disposable {
  readonly documents: Documents;
  /** Another user of the same documents, where they can be shared. */
  readonly other: Documents;
  readonly clock: FakeClock;
}

const LIMITS: DocumentLimits = { maxDocuments: 3, maxBytes: 1_000_000 };

const TEXTS: Kind<{ text: string }> = {
  name: "text",
  schema: z.object({ text: z.string() }),
  isCounted: true,
};
const NUMBERS: Kind<number> = { name: "number", schema: z.number(), isCounted: false };

const write = <T>(value: T, bytes = 1) => () => ({
  answer: "written" as const,
  write: { value, lifeMs: 300_000, bytes },
});

function contract(name: string, open: (limits?: Partial<DocumentLimits>) => Promise<Opened>): void {
  Deno.test(`${name}: what was written is read, changed, and forgotten`, async () => {
    using world = await open();
    const { documents, other } = world;
    assert.equal(await documents.get(TEXTS, "a"), undefined);
    assert.equal(await documents.update(TEXTS, "a", write({ text: "1" })), "written");
    const seen = await other.update(TEXTS, "a", (before) => ({
      answer: before?.text,
      write: { value: { text: `${before?.text}2` }, lifeMs: 300_000, bytes: 1 },
    }));
    assert.equal(seen, "1");
    assert.deepEqual(await documents.get(TEXTS, "a"), { text: "12" });
    assert.equal(await documents.get(NUMBERS, "a"), undefined, "kinds are apart");
    await other.update(TEXTS, "a", () => ({ answer: 0, write: "forget" }));
    assert.equal(await documents.get(TEXTS, "a"), undefined);
  });

  Deno.test(`${name}: long documents come back whole, also after shorter and longer ones`, async () => {
    using world = await open();
    const { documents, other } = world;
    for (const length of [10, 200_000, 61_440, 130_000, 3]) {
      const text = "é".repeat(length / 2);
      await documents.update(TEXTS, "a", write({ text }));
      assert.deepEqual(await other.get(TEXTS, "a"), { text });
    }
  });

  Deno.test(`${name}: many changes at once are each decided on the one before`, async () => {
    using world = await open();
    const { documents, other } = world;
    await Promise.all(
      Array.from(
        { length: 20 },
        (_, i) =>
          (i % 2 === 0 ? documents : other).update(NUMBERS, "n", (before) => ({
            answer: true,
            write: { value: (before ?? 0) + 1, lifeMs: 300_000, bytes: 1 },
          })),
      ),
    );
    assert.equal(await documents.get(NUMBERS, "n"), 20);
  });

  Deno.test(`${name}: a document expires when nothing was written for its life, not before`, async () => {
    using world = await open();
    const { documents, clock } = world;
    await documents.update(TEXTS, "a", write({ text: "x" }));
    await clock.advance(300_000);
    assert.ok(await documents.get(TEXTS, "a"));
    await documents.update(TEXTS, "a", write({ text: "x" }));
    await clock.advance(300_000);
    assert.ok(await documents.get(TEXTS, "a"), "the same again is a sign of life");
    await clock.advance(30_001);
    assert.equal(await documents.get(TEXTS, "a"), undefined);
  });

  Deno.test(`lesson 49: ${name}: documents and bytes have ceilings, and room comes back`, async () => {
    using world = await open({ maxBytes: 10 });
    const { documents, clock } = world;
    for (const key of ["a", "b", "c"]) await documents.update(TEXTS, key, write({ text: key }));
    assert.equal(await documents.update(TEXTS, "d", write({ text: "d" })), "full");
    assert.equal(await documents.get(TEXTS, "d"), undefined);
    assert.equal(await documents.update(TEXTS, "a", write({ text: "x" }, 9)), "full");
    assert.deepEqual(await documents.get(TEXTS, "a"), { text: "a" });
    await documents.update(TEXTS, "b", () => ({ answer: 0, write: "forget" }));
    assert.equal(await documents.update(TEXTS, "d", write({ text: "d" })), "written");
    await clock.advance(330_001);
    assert.equal(await documents.update(TEXTS, "e", write({ text: "e" }, 10)), "written");
  });

  Deno.test(`${name}: who watches a document hears of its changes until it stops`, async () => {
    using world = await open();
    const { documents } = world;
    let heard = 0;
    const stop = documents.watch(TEXTS, "a", () => heard++);
    await documents.update(TEXTS, "a", write({ text: "1" }));
    await documents.update(TEXTS, "b", write({ text: "1" }));
    assert.equal(heard, 1);
    stop();
    await documents.update(TEXTS, "a", write({ text: "2" }));
    assert.equal(heard, 1);
  });
}

contract("memory documents", (limits) => {
  const clock = new FakeClock();
  const documents = new MemoryDocuments({ ...LIMITS, ...limits, clock });
  return Promise.resolve({ documents, other: documents, clock, [Symbol.dispose]: () => undefined });
});

contract("kv documents", async (limits) => {
  const clock = new FakeClock();
  const kv = await Deno.openKv(":memory:");
  const open = () => new KvDocuments({ ...LIMITS, ...limits, kv, clock });
  return { documents: open(), other: open(), clock, [Symbol.dispose]: () => kv.close() };
});
