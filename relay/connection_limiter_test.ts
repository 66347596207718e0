import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../tests/runs.ts";
import { ConnectionLimiter, type Holder } from "./connection_limiter.ts";

const holder = (name: string, cut: string[]): Holder => ({ cut: () => void cut.push(name) });

Deno.test("P8: a source has a ceiling of its own, and others still come in", () => {
  const limiter = new ConnectionLimiter({ maxConnections: 10, maxConnectionsPerSource: 2 });
  const [first, other] = [holder("first", []), holder("other", [])];
  assert.ok(limiter.enter("a", first));
  assert.ok(limiter.enter("a", other));
  assert.ok(!limiter.enter("a", holder("third", [])));
  assert.ok(limiter.enter("b", holder("b", [])));
  limiter.leave("a", first);
  assert.ok(limiter.enter("a", holder("after", [])));
  assert.equal(limiter.size, 3);
});

Deno.test("P8: when all is full a newcomer displaces the youngest of whoever holds most", () => {
  const cut: string[] = [];
  const limiter = new ConnectionLimiter({ maxConnections: 4, maxConnectionsPerSource: 4 });
  assert.ok(limiter.enter("quiet", holder("quiet", cut)));
  for (const name of ["old", "middle", "young"]) {
    assert.ok(limiter.enter("greedy", holder(name, cut)));
  }
  assert.ok(limiter.enter("new", holder("new", cut)));
  assert.deepEqual(cut, ["young"]);
  assert.ok(!limiter.enter("greedy", holder("more", cut)), "it holds the most itself");
  assert.ok(!limiter.enter("new", holder("second", cut)), "it would hold as many as the largest");
  assert.ok(limiter.enter("third", holder("third", cut)));
  assert.deepEqual(cut, ["young", "middle"]);
  assert.ok(!limiter.enter("fourth", holder("fourth", cut)), "everybody has one");
  assert.equal(limiter.size, 4);
});

Deno.test("P8: connections that name no source share the room and are not cut", () => {
  const limiter = new ConnectionLimiter({ maxConnections: 2, maxConnectionsPerSource: 1 });
  const [one, two] = [holder("one", []), holder("two", [])];
  assert.ok(limiter.enter(undefined, one));
  assert.ok(limiter.enter(undefined, two));
  assert.ok(!limiter.enter(undefined, holder("three", [])));
  assert.ok(!limiter.enter("a", holder("a", [])));
  limiter.leave(undefined, one);
  assert.ok(limiter.enter("a", holder("a", [])));
});

Deno.test("P8: whatever comes and goes, no bound is exceeded and nobody is counted twice", () => {
  const step = fc.record({ source: fc.nat(4), leaves: fc.boolean(), which: fc.nat(20) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const limits = { maxConnections: 7, maxConnectionsPerSource: 4 };
      const limiter = new ConnectionLimiter(limits);
      const open = new Map<Holder, string>();
      for (const { source, leaves, which } of steps) {
        const leaving = [...open].at(which % Math.max(1, open.size));
        if (leaves && leaving !== undefined) {
          const [gone, from] = leaving;
          open.delete(gone);
          limiter.leave(from, gone);
          limiter.leave(from, gone);
        } else {
          const name = String(source);
          const held = [...open.values()].filter((other) => other === name).length;
          const before = open.size;
          const next: Holder = { cut: () => void open.delete(next) };
          const isIn = limiter.enter(name, next);
          if (isIn) open.set(next, name);
          if (held < 4 && before < 7) assert.ok(isIn, "there was room");
          if (!isIn) assert.equal(open.size, before, "nobody was cut for nothing");
        }
        assert.equal(limiter.size, open.size);
        const counts = Map.groupBy(open.values(), (name) => name);
        assert.ok(open.size <= limits.maxConnections);
        for (const held of counts.values()) {
          assert.ok(held.length <= limits.maxConnectionsPerSource);
        }
      }
    }),
    { numRuns: testRuns(100) },
  );
});
