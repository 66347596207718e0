import assert from "node:assert/strict";
import { FakeClock } from "../platform/fake/clock.ts";
import { MachineSleep } from "./machine_sleep.ts";

Deno.test("a sleep of the machine is told once; time that passes, and a small correction, are none", async () => {
  const clock = new FakeClock("2026-01-01T00:00:00Z");
  const sleep = new MachineSleep(clock);
  for (let second = 0; second < 60; second++) {
    await clock.advance(1_000);
    assert.ok(!sleep.isOver());
  }
  clock.setWallClock("2026-01-01T09:00:00Z");
  assert.ok(sleep.isOver());
  assert.ok(!sleep.isOver());
  clock.setWallClock("2026-01-01T09:00:02Z");
  assert.ok(!sleep.isOver());
  clock.setWallClock("2026-01-01T08:00:00Z");
  assert.ok(!sleep.isOver(), "set back");
  clock.setWallClock("2026-01-01T08:30:00Z");
  assert.ok(sleep.isOver());
});

Deno.test("where the monotonic clock goes on in a sleep, as on Windows, the silence tells", async () => {
  const clock = new FakeClock("2026-01-01T00:00:00Z");
  const sleep = new MachineSleep(clock);
  await clock.advance(10_000);
  assert.ok(!sleep.isOver(), "a machine that is busy");
  await clock.advance(3_600_000);
  assert.ok(sleep.isOver());
  assert.ok(!sleep.isOver());
});
