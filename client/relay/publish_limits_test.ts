import assert from "node:assert/strict";
import fc from "fast-check";
import { utf8Length } from "../../protocol/json/parse.ts";
import { testRuns } from "../../tests/runs.ts";
import {
  portionsOf,
  PROTOCOL_LIMITS,
  type PublishLimits,
  publishLimitsOf,
} from "./publish_limits.ts";

const info = (limits: Record<string, number>) => ({
  name: "wire",
  version: "1",
  protocol: "wire/0.5",
  features: [],
  relay_key: null,
  limits: {
    max_batch: 256,
    max_event_bytes: 262_144,
    max_frame_bytes: 1_048_576,
    max_slot_bytes: 1,
    retention_days: null,
    ...limits,
  },
});

Deno.test("P8: a relay may announce less than the protocol's limits, and never more", () => {
  const huge = { max_batch: 1e9, max_event_bytes: 1e9, max_frame_bytes: 1e9 };
  assert.deepEqual(publishLimitsOf(info(huge)), PROTOCOL_LIMITS);
  const small = { max_batch: 3, max_event_bytes: 10, max_frame_bytes: 5_000 };
  assert.deepEqual(publishLimitsOf(info(small)), {
    maxBatch: 3,
    maxFrameBytes: 5_000,
    maxEventBytes: 10,
  });
});

Deno.test("messages are laid into as few frames as fit, and what fits in none goes alone", () => {
  const limits: PublishLimits = { maxBatch: 2, maxFrameBytes: 1_536 + 20, maxEventBytes: 12 };
  const portions = portionsOf(
    ["aaa", "bbb", "ccc", "x".repeat(13), "1".repeat(12), "é".repeat(6)],
    limits,
  );
  assert.deepEqual(portions, [
    { start: 0, count: 2, as: "frame" },
    { start: 2, count: 1, as: "frame" },
    { start: 3, count: 1, as: "alone" },
    { start: 4, count: 1, as: "frame" },
    { start: 5, count: 1, as: "frame" },
  ]);
  const nothing = { maxBatch: 0, maxFrameBytes: 0, maxEventBytes: 0 };
  assert.deepEqual(portionsOf(["a"], nothing), [{ start: 0, count: 1, as: "alone" }]);
  assert.deepEqual(portionsOf([], limits), []);
});

Deno.test("every message stands in one portion, in its order, and no frame is too large", () => {
  const limits = fc.record({
    maxBatch: fc.nat(5),
    maxFrameBytes: fc.integer({ min: 0, max: 1_700 }),
    maxEventBytes: fc.nat(100),
  });
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary", maxLength: 60 })), limits, (texts, given) => {
      let next = 0;
      for (const { start, count, as } of portionsOf(texts, given)) {
        assert.equal(start, next);
        next += count;
        if (as === "alone") continue;
        assert.ok(count <= given.maxBatch);
        const events = texts.slice(start, next);
        assert.ok(events.every((text) => utf8Length(text) <= given.maxEventBytes));
        assert.ok(utf8Length(events.join(",")) + 1_536 <= given.maxFrameBytes);
      }
      assert.equal(next, texts.length);
    }),
    { numRuns: testRuns(200) },
  );
});
