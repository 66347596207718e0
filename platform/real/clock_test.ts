import assert from "node:assert/strict";
import { WireError } from "../../protocol/errors.ts";
import { RealClock } from "./clock.ts";

Deno.test("clock: now, timestamp and monotonic are the system's, and timestamps never repeat", () => {
  const clock = new RealClock();
  const before = Date.now();
  const stamps = Array.from({ length: 1_000 }, () => clock.timestamp());
  assert.equal(new Set(stamps).size, stamps.length);
  const instants = stamps.map((stamp) => Temporal.Instant.from(stamp).epochNanoseconds);
  assert.ok(instants.every((ns, index) => index === 0 || ns > (instants[index - 1] ?? ns)));
  const middle = Temporal.Instant.from(stamps[0] ?? "").epochMilliseconds;
  assert.ok(before <= middle && middle <= clock.now());
  const first = clock.monotonic();
  assert.ok(clock.monotonic() >= first);
});

Deno.test("clock: sleep takes at least its time", async () => {
  const clock = new RealClock();
  const start = clock.monotonic();
  await clock.sleep(15, new AbortController().signal);
  assert.ok(clock.monotonic() - start >= 14);
});

Deno.test("clock: sleep ends with the signal's reason and leaves no timer", async () => {
  const clock = new RealClock();
  const controller = new AbortController();
  const sleeping = assert.rejects(clock.sleep(60_000, controller.signal), /enough/);
  controller.abort(new Error("enough"));
  await sleeping;
  await assert.rejects(clock.sleep(60_000, controller.signal), /enough/);
});

Deno.test("clock: a deadline aborts with timed_out; one that never comes leaves no timer", async () => {
  const clock = new RealClock();
  assert.ok(!clock.timeout(60_000).aborted);
  const signal = clock.timeout(5);
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  assert.ok(signal.reason instanceof WireError);
  assert.equal(signal.reason.code, "timed_out");
  assert.match(signal.reason.message, /^operation timed out after 5 ms$/);
});

Deno.test("clock: a deadline whose work is done leaves nothing; one that comes aborts", async () => {
  const clock = new RealClock();
  {
    using done = clock.deadline(60_000); // else the sanitizer finds its timer
    assert.ok(!done.signal.aborted);
  }
  using late = clock.deadline(5);
  await new Promise((resolve) => late.signal.addEventListener("abort", resolve));
  assert.ok(late.signal.reason instanceof WireError && late.signal.reason.code === "timed_out");
});
