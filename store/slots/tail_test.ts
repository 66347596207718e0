import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import { MAX_PAYLOAD_BYTES, type Part, partsOf, Tail } from "./tail.ts";

const sizes = fc.oneof(
  fc.integer({ min: 1, max: 2_000 }),
  fc.integer({ min: 1, max: MAX_PAYLOAD_BYTES + 5_000 }),
);

Deno.test("tail: after any commits every event stands in exactly one stored segment", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(sizes, { minLength: 1, maxLength: 5 }), { maxLength: 200 }),
      (commits) => {
        const stored = new Map<number, Part>();
        let tail = new Tail();
        let next = 1;
        for (const commit of commits) {
          const parts = partsOf(next, commit.map((size) => new Uint8Array(size)));
          const step = tail.add(parts);
          for (const firstSeq of step.gone) assert.ok(stored.delete(firstSeq));
          if (step.merged !== undefined) {
            assert.ok(stored.has(step.merged.firstSeq), "overwrites its first part");
            stored.set(step.merged.firstSeq, step.merged);
          }
          for (const part of parts) stored.set(part.firstSeq, part);
          next += commit.length;
          tail = step.tail;
          assert.ok(tail.bytes <= MAX_PAYLOAD_BYTES && tail.parts.length <= 65);
          for (const part of tail.parts) {
            assert.deepEqual(
              stored.get(part.firstSeq)?.count,
              part.count,
            );
          }
        }
        let expected = 1;
        for (const [firstSeq, part] of [...stored].sort(([a], [b]) => a - b)) {
          assert.equal(firstSeq, expected);
          assert.ok(part.count === 1 || part.bytes <= MAX_PAYLOAD_BYTES);
          expected += part.count;
        }
        assert.equal(expected, next);
      },
    ),
    { numRuns: testRuns(60) },
  );
});

Deno.test("tail: small commits end up in few segments", () => {
  const stored = new Set<number>();
  let tail = new Tail();
  for (let seq = 1; seq <= 2_000; seq++) {
    const step = tail.add(partsOf(seq, [new Uint8Array(500)]));
    for (const gone of step.gone) stored.delete(gone);
    stored.add(seq);
    tail = step.tail;
  }
  assert.ok(stored.size < 100, `${stored.size} segments for 1 MB`);
});
