import assert from "node:assert/strict";
import { WireError } from "../../protocol/errors.ts";
import { FakeClock } from "./clock.ts";

Deno.test("fake clock: sleepers wake in the order of their time, each seeing its own", async () => {
  const clock = new FakeClock("2026-01-01T00:00:00Z");
  const woke: string[] = [];
  const start = clock.now();
  const sleep = (name: string, ms: number) =>
    clock.sleep(ms).then(() => woke.push(`${name} at ${clock.now() - start}`));
  const all = Promise.all([sleep("c", 30), sleep("a", 10), sleep("b", 20), sleep("b2", 20)]);
  await clock.advance(9);
  assert.deepEqual(woke, []);
  await clock.advance(1);
  assert.deepEqual(woke, ["a at 10"]);
  await clock.advance(100);
  await all;
  assert.deepEqual(woke, ["a at 10", "b at 20", "b2 at 20", "c at 30"]);
  assert.equal(clock.now() - start, 110);
  assert.equal(clock.monotonic(), 110);
});

Deno.test("fake clock: a loop that sleeps again and again runs through one advance", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  let turns = 0;
  const loop = (async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(1_000);
      await Promise.resolve();
      turns++;
      if (turns === 5) stop.abort();
    }
  })();
  await clock.advance(4_999);
  assert.equal(turns, 4);
  await clock.advance(1);
  await loop;
  assert.equal(clock.sleeping, 0);
});

Deno.test("fake clock: an aborted sleep throws the reason and is forgotten", async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const sleeping = clock.sleep(1_000, controller.signal);
  assert.equal(clock.sleeping, 1);
  controller.abort(new Error("enough"));
  await assert.rejects(sleeping, /enough/);
  await assert.rejects(clock.sleep(1, controller.signal), /enough/);
  assert.equal(clock.sleeping, 0);
});

Deno.test("fake clock: a deadline aborts at its time with timed_out", async () => {
  const clock = new FakeClock();
  const signal = clock.timeout(500);
  await clock.advance(499);
  assert.ok(!signal.aborted);
  await clock.advance(1);
  assert.ok(signal.aborted);
  assert.ok(signal.reason instanceof WireError);
  assert.equal(signal.reason.code, "timed_out");
});

Deno.test("fake clock: a deadline whose work is done leaves nothing", async () => {
  const clock = new FakeClock();
  const { signal } = clock.deadline(500);
  {
    using done = clock.deadline(400);
    assert.equal(clock.pending, 2);
    assert.ok(!done.signal.aborted);
  }
  assert.equal(clock.pending, 1);
  await clock.advance(500);
  assert.ok(signal.aborted);
});

Deno.test("fake clock: tests can wait until somebody sleeps", async () => {
  const clock = new FakeClock();
  const order: string[] = [];
  const noticed = clock.untilSleeping(2).then(() => order.push("two sleep"));
  const first = clock.sleep(10);
  await clock.settle();
  assert.deepEqual(order, []);
  const second = clock.sleep(20);
  await noticed;
  await clock.untilSleeping(2);
  await clock.advance(20);
  await Promise.all([first, second]);
});

Deno.test("fake clock: the wall clock may go back; durations and timestamps do not", async () => {
  const clock = new FakeClock("2026-01-01T00:00:10Z");
  const before = clock.timestamp();
  assert.equal(before, "2026-01-01T00:00:10Z");
  clock.setWallClock("2026-01-01T00:00:00Z");
  assert.equal(new Date(clock.now()).toISOString(), "2026-01-01T00:00:00.000Z");
  assert.equal(clock.timestamp(), "2026-01-01T00:00:10.000000001Z");
  await clock.advance(5);
  assert.equal(clock.monotonic(), 5);
});
