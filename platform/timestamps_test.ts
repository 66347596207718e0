import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../tests/runs.ts";
import { Timestamps } from "./timestamps.ts";

const SECOND = 1_000_000_000n;

Deno.test("timestamps have up to nine digits, no trailing zeros, and no fraction at a whole second", () => {
  const cases: readonly (readonly [bigint, string])[] = [
    [0n, "1970-01-01T00:00:00Z"],
    [1_795_000_000n * SECOND, "2026-11-18T11:06:40Z"],
    [1_795_000_000n * SECOND + 229_727_750n, "2026-11-18T11:06:40.22972775Z"],
    [1_795_000_000n * SECOND + 1n, "2026-11-18T11:06:40.000000001Z"],
    [1_795_000_000n * SECOND + 500_000_000n, "2026-11-18T11:06:40.5Z"],
  ];
  for (const [ns, text] of cases) assert.equal(new Timestamps().next(ns), text);
});

Deno.test("timestamps are strictly later than the one before, also when the clock stands or goes back", () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: 0n, max: 3n * SECOND })), (readings) => {
      const timestamps = new Timestamps();
      let before: Temporal.Instant | undefined;
      for (const reading of readings) {
        const text = timestamps.next(reading);
        assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z$/);
        const now = Temporal.Instant.from(text);
        if (before !== undefined) assert.equal(Temporal.Instant.compare(now, before), 1);
        before = now;
      }
    }),
    { numRuns: testRuns(100) },
  );
});
