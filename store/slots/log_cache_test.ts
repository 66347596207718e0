import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { RealClock } from "../../platform/real/clock.ts";
import { isSlotId, type SlotId } from "../../protocol/ids.ts";
import { KvSlotStore } from "./kv_slot_store.ts";
import { LogCache } from "./log_cache.ts";

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

function slotId(n: number): SlotId {
  const id = digest(`slot ${n}`).slice(0, 32);
  assert.ok(isSlotId(id));
  return id;
}

Deno.test("lesson 49: idle mailboxes leave memory, and are whole when they come back", async () => {
  using kv = await Deno.openKv(":memory:");
  const limits = { maxSlots: 99, maxSlotBytes: 1e9 };
  const store = new KvSlotStore({ ...limits, kv, clock: new RealClock(), isShared: false });
  const slots = Array.from({ length: 12 }, (_, n) => slotId(n));
  const events = Array.from({ length: 200 }, (_, n) => ({ text: `"${n}"`, id: digest(`${n}`) }));
  for (const id of slots) {
    await store.create({ id, tokenHash: new Uint8Array(32), createdAt: 0, class: "owner" });
    await store.appendAll(id, events);
  }
  const one = await new LogCache(kv, Infinity).load(slotId(0));
  const cache = new LogCache(kv, 3 * one.memoryBytes);
  for (const round of [1, 2]) {
    for (const id of slots) {
      const log = await cache.load(id);
      assert.equal(log.ids.size, 200, `round ${round}`);
      const inMemory = slots.flatMap((slot) => cache.known(slot) ?? []);
      assert.ok(inMemory.length <= 3, "only those used last");
      assert.ok(inMemory.includes(log));
      assert.equal(cache.bytes, inMemory.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0));
    }
  }
});

Deno.test("whoever asks for a log first gets on first, at whatever moment the others come", async () => {
  using kv = await Deno.openKv(":memory:");
  const limits = { maxSlots: 9, maxSlotBytes: 1e9, kv, clock: new RealClock(), isShared: false };
  const id = slotId(1);
  await new KvSlotStore(limits).create({
    id,
    tokenHash: new Uint8Array(32),
    createdAt: 0,
    class: "owner",
  });
  const cache = new LogCache(kv, Infinity);
  const order: number[] = [];
  const use = async (n: number): Promise<void> => {
    if (cache.ready(id) === undefined) await cache.load(id);
    order.push(n);
  };
  const all = [use(0), use(1)];
  // One more with each turn of the microtasks, until long after it was read.
  for (let after = 0; after < 50;) {
    all.push(use(all.length));
    await Promise.resolve();
    if (order.length > 0) after++;
    if (all.length % 1_000 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  await Promise.all(all);
  assert.deepEqual(order, order.map((_, n) => n));
});
