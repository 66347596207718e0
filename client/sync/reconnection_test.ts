import assert from "node:assert/strict";
import fc from "fast-check";
import type { Random } from "../../platform/random.ts";
import { testRuns } from "../../tests/runs.ts";
import { Reconnection } from "./reconnection.ts";

const dice = (high: number, low: number): Random => ({
  bytes: () => Uint8Array.of(high, low),
});

const waits = (random: Random, count: number): number[] => {
  const reconnection = new Reconnection(random);
  return Array.from({ length: count }, () => reconnection.failed());
};

Deno.test("lesson 47: the longest waits double from half a second to 30 s, the shortest stay", () => {
  assert.deepEqual(waits(dice(255, 255), 9), [
    500,
    1_000,
    2_000,
    4_000,
    8_000,
    16_000,
    30_000,
    30_000,
    30_000,
  ]);
  assert.deepEqual(waits(dice(0, 0), 3), [250, 250, 250]);
});

Deno.test("P8: every wait lies between 0.25 and 30 s, and success begins anew", () => {
  fc.assert(
    fc.property(fc.nat(255), fc.nat(255), fc.nat(2_000), (high, low, failures) => {
      const reconnection = new Reconnection(dice(high, low));
      for (let n = 0; n < failures; n++) {
        const wait = reconnection.failed();
        assert.ok(wait >= 250 && wait <= 30_000, String(wait));
      }
      reconnection.reset();
      assert.ok(reconnection.failed() <= 500);
    }),
    { numRuns: testRuns(50) },
  );
});
