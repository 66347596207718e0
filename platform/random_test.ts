import assert from "node:assert/strict";
import { FakeRandom } from "./fake/random.ts";
import { RealRandom } from "./real/random.ts";

Deno.test("random: any length, also beyond what one call to the system gives", () => {
  const random = new RealRandom();
  for (const length of [0, 1, 32, 65_536, 65_537, 200_000]) {
    assert.equal(random.bytes(length).length, length);
  }
  assert.notDeepEqual(random.bytes(32), random.bytes(32));
  assert.ok(random.bytes(200_000).subarray(-1_000).some((byte) => byte !== 0));
});

Deno.test("fake random: the seed decides, and pieces are the same sequence", () => {
  const whole = new FakeRandom("a").bytes(100);
  const pieces = new FakeRandom("a");
  const joined = [7, 0, 60, 33].flatMap((length) => [...pieces.bytes(length)]);
  assert.deepEqual(joined, [...whole]);
  assert.notDeepEqual(new FakeRandom("b").bytes(100), whole);
  assert.ok(new Set(whole).size > 50);
});
