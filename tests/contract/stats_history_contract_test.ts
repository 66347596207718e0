/** The contract of the relay's memory of itself, held by each adapter. */
import assert from "node:assert/strict";
import { KvHistory } from "../../store/stats/kv_history.ts";
import type { HistoryRow, StatsHistory } from "../../store/stats/history.ts";
import { MemoryHistory } from "../../store/stats/memory_history.ts";
import { failure } from "../failure.ts";

export const row = (ts: number, changes: Partial<HistoryRow> = {}): HistoryRow => ({
  ts,
  handles_active: 1,
  slots_active: 2,
  pair_slots_open: 3,
  streams_active: 4,
  events_posted_total: 5,
  handle_claims_total: 6,
  handle_first_claims_total: 7,
  pair_opens_total: 8,
  slot_allocations_total: 9,
  ...changes,
});

const START = 1_795_237_200;

function contract(name: string, open: () => Promise<StatsHistory & AsyncDisposable>): void {
  Deno.test(`stats history (${name}): rows come back by the minute, oldest first`, async () => {
    await using history = await open();
    assert.deepEqual(await history.since(0), []);
    for (const ts of [START + 125, START, START + 61, START + 119]) {
      await history.add(row(ts, { streams_active: ts - START }));
    }
    assert.deepEqual(await history.since(0), [
      row(START, { streams_active: 0 }),
      row(START + 60, { streams_active: 119 }),
      row(START + 120, { streams_active: 125 }),
    ]);
    assert.deepEqual((await history.since(START + 60)).map(({ ts }) => ts), [
      START + 60,
      START + 120,
    ]);
    assert.equal((await history.since(START + 61)).length, 1);
  });
}

contract("memory", () =>
  Promise.resolve(
    Object.assign(new MemoryHistory(), { [Symbol.asyncDispose]: () => Promise.resolve() }),
  ));

contract("kv", async () => {
  const kv = await Deno.openKv(":memory:");
  return Object.assign(new KvHistory({ kv, relay: "a" }), {
    [Symbol.asyncDispose]: () => Promise.resolve(kv.close()),
  });
});

Deno.test("stats history: what two relays on one store hold is added, what they share is not", async () => {
  using kv = await Deno.openKv(":memory:");
  const [a, b] = ["a", "b"].map((relay) => new KvHistory({ kv, relay }));
  await a?.add(row(START, { streams_active: 10, events_posted_total: 100 }));
  await b?.add(row(START + 5, { streams_active: 7, events_posted_total: 101 }));
  const merged = row(START, { streams_active: 17, events_posted_total: 101 });
  assert.deepEqual(await a?.since(0), [merged]);
});

Deno.test("P8: stats history is bounded: a row is forgotten after a week", async () => {
  const history = new MemoryHistory();
  for (let day = 0; day < 30; day++) await history.add(row(START + day * 86_400));
  assert.ok((await history.since(0)).length <= 8);
});

Deno.test("stats history: P7: a row that is none is not taken for one", async () => {
  using kv = await Deno.openKv(":memory:");
  await kv.set(["stats", START, "a"], { ts: START });
  assert.equal((await failure(new KvHistory({ kv, relay: "a" }).since(0))).code, "unreadable");
});
