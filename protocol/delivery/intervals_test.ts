import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import {
  holesIn,
  type Intervals,
  isLargeJump,
  MOST_INTERVALS,
  NOTHING,
  sizeOf,
  withSeq,
} from "./intervals.ts";

const all = (seqs: readonly number[]): Intervals =>
  seqs.reduce((known, seq, at) => withSeq(known, seq, at), NOTHING);

Deno.test("what is missing is exactly what never came, in whatever order the others came", () => {
  const seqs = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 80 });
  fc.assert(
    fc.property(seqs, (numbers) => {
      const known = all(numbers);
      const here = new Set(numbers);
      const last = Math.max(0, ...numbers);
      const missing: number[] = [];
      for (let seq = 1; seq <= last; seq++) if (!here.has(seq)) missing.push(seq);
      const told = holesIn(known).flatMap(({ from, to }) =>
        Array.from({ length: to - from + 1 }, (_, at) => from + at)
      );
      assert.deepEqual(told, missing);
      assert.equal(known.forgotten, 0);
      for (const [at, { from, to }] of known.list.entries()) {
        assert.ok(from <= to && from > (known.list[at - 1]?.to ?? -1) + 1);
      }
    }),
    { numRuns: testRuns(300) },
  );
});

Deno.test("P8: a peer that leaves holes everywhere is remembered in 64 intervals, and nothing is counted twice", () => {
  const seqs = fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 100, maxLength: 400 });
  fc.assert(
    fc.property(seqs, (numbers) => {
      const known = all(numbers);
      assert.ok(known.list.length <= MOST_INTERVALS);
      const missing = Math.max(...numbers) - new Set(numbers).size;
      const told = holesIn(known).reduce((sum, hole) => sum + sizeOf(hole), 0) + known.forgotten;
      // What came after its hole was forgotten is counted there for ever.
      assert.ok(told >= missing);
      const inOrder = all([...numbers].sort((a, b) => a - b));
      const exact = holesIn(inOrder).reduce((sum, hole) => sum + sizeOf(hole), 0);
      assert.equal(exact + inOrder.forgotten, missing);
    }),
    { numRuns: testRuns(60) },
  );
});

Deno.test("a hole is noticed when what follows it came, and a large jump is told apart", () => {
  const known = all([1, 2, 5, 4, 20_000]);
  assert.deepEqual(holesIn(known), [
    { from: 3, to: 3, noticedAt: 2 },
    { from: 6, to: 19_999, noticedAt: 4 },
  ]);
  assert.deepEqual(holesIn(known).map(isLargeJump), [false, true]);
  assert.ok(!isLargeJump({ from: 1, to: 10_000, noticedAt: 0 }));
});
