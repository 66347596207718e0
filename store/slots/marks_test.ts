import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import { type Mark, storedBy, withMark } from "./marks.ts";

const HOUR_MS = 3_600_000;

/** Looks at irregular intervals, at each of which some events have come. */
const looks = fc.array(
  fc.record({
    hours: fc.integer({ min: 1, max: 400 }),
    events: fc.integer({ min: 1, max: 50 }),
  }),
  { minLength: 1, maxLength: 200 },
);

function marksOf(list: readonly { hours: number; events: number }[]) {
  const all: Mark[] = [];
  let marks: readonly Mark[] = [];
  let at = 0;
  let seq = 0;
  for (const { hours, events } of list) {
    at += hours * HOUR_MS;
    seq += events;
    all.push({ at, seq });
    marks = withMark(marks, { at, seq }, 0);
  }
  return { all, marks, now: at };
}

Deno.test("marks: nothing is ever taken for older than it is, nor for much younger", () => {
  fc.assert(
    fc.property(looks, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
      const { all, marks, now } = marksOf(list);
      const at = share * now;
      const found = storedBy(marks, at);
      assert.ok(found <= storedBy(all, at));
      // By a look that was an eighth of its age earlier, and the gap before it, it is known.
      const widest = Math.max(...list.map(({ hours }) => hours)) * HOUR_MS;
      assert.ok(found >= storedBy(all, at - (now - at) / 8 - 2 * widest));
    }),
    { numRuns: testRuns(100) },
  );
});

Deno.test("marks: five years of hourly looks are few marks, the newest among them", () => {
  const { marks, now, all } = marksOf(
    Array.from({ length: 5 * 365 * 24 }, () => ({ hours: 1, events: 1 })),
  );
  assert.ok(marks.length < 200, `${marks.length} marks`);
  assert.deepEqual(marks.at(-1), all.at(-1));
  assert.ok(storedBy(marks, now - 30 * 24 * HOUR_MS) > 0);
});

Deno.test("marks: what has been dropped is asked for no more", () => {
  const marks = [{ seq: 5, at: 1 }, { seq: 9, at: 100 }];
  assert.deepEqual(withMark(marks, { seq: 12, at: 101 }, 5), [marks[1], { seq: 12, at: 101 }]);
  assert.equal(storedBy([], 1e15), 0);
});
