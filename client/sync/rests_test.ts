import assert from "node:assert/strict";
import { FakeClock } from "../../platform/fake/clock.ts";
import { FakeRandom } from "../../platform/fake/random.ts";
import { Rests } from "./rests.ts";

Deno.test("what fails rests for longer each time, each on its own, until it goes well", async () => {
  const clock = new FakeClock();
  const rests = new Rests<string>({ clock, random: new FakeRandom() });
  rests.begin("a", "no answer");
  assert.match(rests.why("a") ?? "", /^no answer \(next try in [12] s\)$/);
  assert.equal(rests.why("b"), undefined);
  await clock.advance(1_300);
  assert.equal(rests.why("a"), undefined);
  assert.deepEqual(rests.all(), []);
  rests.begin("a", "still none");
  await clock.advance(1_900);
  const [rest] = rests.all();
  assert.ok(rest !== undefined && rest.retryInMs > 0 && rest.retryInMs <= 600);
  assert.deepEqual([rest.key, rest.reason], ["a", "still none"]);
  rests.end("a");
  rests.begin("a", "again");
  await clock.advance(1_300);
  assert.equal(rests.why("a"), undefined, "the first rest is short again");
});

Deno.test("P8: of many only so many are remembered", () => {
  const rests = new Rests<number>({ clock: new FakeClock(), random: new FakeRandom() }, 3);
  for (const key of [1, 2, 3, 4]) rests.begin(key, "full");
  assert.deepEqual(rests.all().map(({ key }) => key), [2, 3, 4]);
});
