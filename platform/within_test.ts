import assert from "node:assert/strict";
import { FakeClock } from "./fake/clock.ts";
import { within } from "./within.ts";

Deno.test("work that is done in time leaves nothing behind, also when it fails", async () => {
  const clock = new FakeClock();
  assert.equal(await within(clock, 1_000, () => Promise.resolve(7)), 7);
  assert.equal(clock.pending, 0);
  await assert.rejects(within(clock, 1_000, () => Promise.reject(new Error("no"))), /no/);
  assert.equal(clock.pending, 0);
});

Deno.test("work that is not done in time is told so, not before", async () => {
  const clock = new FakeClock();
  let isLate = false;
  const working = within(clock, 1_000, async (deadline) => {
    await new Promise<void>((resolve) => deadline.addEventListener("abort", () => resolve()));
    isLate = true;
  });
  await clock.advance(999);
  assert.ok(!isLate);
  await clock.advance(1);
  await working;
  assert.deepEqual([isLate, clock.pending], [true, 0]);
});
