/** Mail that is dropped while others write, and while the program ends at any step. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { WireError } from "../../protocol/errors.ts";
import { isSlotId, type SlotId } from "../../protocol/ids.ts";
import { checkStore } from "../admin/check_store.ts";
import { testRuns } from "../../tests/runs.ts";
import { ShiftedClock } from "../../tests/contract/slot_world.ts";
import { formatKey } from "./kv_rows.ts";
import { KvSlotStore } from "./kv_slot_store.ts";

const DAY_MS = 24 * 3_600_000;
const RETAIN = { retainMs: 7 * DAY_MS };
const SLOT = slotId();

function slotId(): SlotId {
  const id = "a".repeat(32);
  assert.ok(isSlotId(id));
  return id;
}

function event(n: number, bytes: number = 150): { readonly id: string; readonly text: string } {
  const members = `"n":${n},"z":"${"x".repeat(bytes)}"`;
  const id = createHash("sha256").update(`{${members}}`).digest("hex");
  return { id, text: `{"event_id":"${id}",${members}}` };
}

const numbers = (from: number, until: number): number[] =>
  Array.from({ length: until - from }, (_, i) => from + i);

const open = (kv: Deno.Kv, clock: ShiftedClock, { isShared }: { readonly isShared: boolean }) =>
  new KvSlotStore({ kv, clock, isShared, maxSlots: 9, maxSlotBytes: 1e9 });

async function listed(store: KvSlotStore): Promise<string[]> {
  const decoder = new TextDecoder();
  const texts: string[] = [];
  const page = await store.list(SLOT, { since: undefined, limit: 1e6, maxBytes: 1e9 });
  for await (const bodies of page) texts.push(...bodies.map((body) => decoder.decode(body)));
  return texts;
}

async function assertSound(kv: Deno.Kv, clock: ShiftedClock): Promise<void> {
  const { problems } = await checkStore(kv, clock.now());
  assert.deepEqual(problems, []);
}

async function withKv(body: (kv: Deno.Kv, clock: ShiftedClock) => Promise<void>): Promise<void> {
  using kv = await Deno.openKv(":memory:");
  await kv.set(formatKey, 1);
  await body(kv, new ShiftedClock());
}

const create = (store: KvSlotStore): Promise<boolean> =>
  store.create({ id: SLOT, tokenHash: new Uint8Array(32), createdAt: 0, class: "owner" });

Deno.test("retention: two relays that drop, ack and append at once leave one sound log", async () => {
  const step = fc.record({
    node: fc.integer({ min: 0, max: 1 }),
    what: fc.constantFrom("append", "append", "ack", "sweep", "age"),
    size: fc.integer({ min: 1, max: 60 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 20 }), async (steps) => {
      await withKv(async (kv, clock) => {
        const nodes = [0, 1].map(() => open(kv, clock, { isShared: true }));
        const [first] = nodes;
        assert.ok(first !== undefined);
        await create(first);
        let next = 0;
        const acks: Promise<unknown>[] = [];
        const stored = new Set<string>();
        for (const { node, what, size } of steps) {
          const store = nodes[node] ?? first;
          if (what === "age") clock.shiftMs += 8 * DAY_MS;
          else if (what === "sweep") acks.push(store.sweep(RETAIN));
          else if (what === "ack") acks.push(store.ack(SLOT, Math.floor(next / 2)));
          else {
            const events = numbers(next, next += size).map((n) => event(n));
            for (const { text } of events) stored.add(text);
            // The other node's work goes on meanwhile.
            await store.appendAll(SLOT, events);
          }
        }
        await Promise.all(acks);
        await assertSound(kv, clock);
        const acked = Math.max(...await Promise.all(nodes.map((node) => node.acked(SLOT))));
        for (const node of nodes) {
          const texts = await listed(node);
          assert.deepEqual(texts, [...stored].slice(stored.size - texts.length));
          assert.ok(texts.length >= stored.size - acked);
          const { status } = await node.append(SLOT, event(0));
          assert.equal(status, stored.size === 0 ? "stored" : "duplicate");
          if (status === "stored") stored.add(event(0).text);
        }
      });
    }),
    { numRuns: testRuns(12) },
  );
});

Deno.test("retention: the end of a log that another relay has dropped is never written back", async () => {
  await withKv(async (kv, clock) => {
    const [one, other] = [open(kv, clock, { isShared: true }), open(kv, clock, { isShared: true })];
    await create(one);
    // Small segments, which `one` has in memory to merge them.
    for (const n of numbers(0, 30)) await one.append(SLOT, event(n));
    await other.ack(SLOT, 20);
    await other.sweep(RETAIN);
    clock.shiftMs = 8 * DAY_MS;
    assert.equal((await other.sweep(RETAIN)).events, 20);
    for (const n of numbers(30, 200)) await one.append(SLOT, event(n));
    await assertSound(kv, clock);
    assert.deepEqual(await listed(one), numbers(20, 200).map((n) => event(n).text));
  });
});

Deno.test("retention: what is left of many events is a few segments of ids", async () => {
  await withKv(async (kv, clock) => {
    const store = open(kv, clock, { isShared: false });
    await create(store);
    for (let n = 0; n < 2_500; n += 250) {
      await store.appendAll(SLOT, numbers(n, n + 250).map((i) => event(i, 300)));
      await store.ack(SLOT, n + 250);
      await store.sweep(RETAIN);
      clock.shiftMs += 8 * DAY_MS;
      await store.sweep(RETAIN);
    }
    const segments = await Array.fromAsync(kv.list({ prefix: ["seg"] }));
    assert.ok(segments.length <= Math.ceil(2_500 / 1_200), `${segments.length} segments`);
    assert.deepEqual(await store.totals(SLOT), { events: 2_500, bytes: 48 * 2_500 });
    await assertSound(kv, clock);
  });
});

Deno.test("P8: a slot that is damaged holds up no other slot's sweep", async () => {
  await withKv(async (kv, clock) => {
    const store = open(kv, clock, { isShared: false });
    const damaged = "0".repeat(32);
    assert.ok(isSlotId(damaged));
    for (const id of [damaged, SLOT]) {
      await store.create({ id, tokenHash: new Uint8Array(32), createdAt: 0, class: "owner" });
      await store.appendAll(id, numbers(0, 9).map((n) => event(n)));
      await store.ack(id, 9);
    }
    await store.sweep(RETAIN);
    clock.shiftMs = 8 * DAY_MS;
    await kv.delete(["seg", damaged, 1, 0]);
    await assert.rejects(
      store.sweep(RETAIN),
      (error) => error instanceof WireError && error.code === "unreadable",
    );
    assert.deepEqual(await listed(store), []);
  });
});

/** Ends the program, as it were, before or after the nth commit. */
function ending(kv: Deno.Kv, at: number, how: "before" | "after"): Deno.Kv {
  let commits = 0;
  return new Proxy(kv, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== "atomic") return value.bind(target);
      return () => {
        const operation = target.atomic();
        const commit = operation.commit.bind(operation);
        return Object.assign(operation, {
          commit: async () => {
            const number = commits++;
            if (number > at || (number === at && how === "before")) throw new Error("ended");
            const result = await commit();
            if (number === at) throw new Error("ended");
            return result;
          },
        });
      };
    },
  });
}

Deno.test("P1: an end before or after any commit of acks and drops loses no event and no id", async () => {
  for (const how of ["before", "after"] as const) {
    for (let at = 0;; at++) {
      let hasEnded = false;
      await withKv(async (kv, clock) => {
        const before = open(kv, clock, { isShared: false });
        await create(before);
        const events = numbers(0, 60).map((n) => event(n, n % 20 === 0 ? 130_000 : 150));
        await before.appendAll(SLOT, events);
        await before.sweep(RETAIN);
        clock.shiftMs = 8 * DAY_MS;
        const store = open(ending(kv, at, how), clock, { isShared: false });
        try {
          await store.ack(SLOT, 25);
          await store.sweep(RETAIN);
          await store.ack(SLOT, 50);
          await store.appendAll(SLOT, [event(100)]);
          await store.sweep(RETAIN);
        } catch {
          hasEnded = true;
        }
        const after = open(kv, clock, { isShared: false });
        await assertSound(kv, clock);
        const acked = await after.acked(SLOT);
        const texts = await listed(after);
        const { events: stored } = await after.totals(SLOT);
        const all = stored > 60 ? [...events, event(100)] : events;
        assert.ok(texts.length >= all.length - acked);
        assert.deepEqual(texts, all.slice(all.length - texts.length).map(({ text }) => text));
        for (const { status } of await after.appendAll(SLOT, events)) {
          assert.equal(status, "duplicate");
        }
      });
      if (!hasEnded) {
        assert.ok(at >= 4, "there were commits to end at");
        break;
      }
    }
  }
});
