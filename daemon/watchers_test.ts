import assert from "node:assert/strict";
import fc from "fast-check";
import type { LiveEvent } from "../protocol/schemas/live.ts";
import { testRuns } from "../tests/runs.ts";
import { MOST_WAITING, Watchers } from "./watchers.ts";

const received = (count: number): LiveEvent => ({
  event: "received",
  peer: "bob",
  event_id: String(count),
});

const NEVER = new AbortController().signal;

Deno.test("every watcher hears everything in order, from its beginning to its end", async () => {
  const watchers = new Watchers();
  const stop = new AbortController();
  const [one, other] = [watchers.watch(stop.signal), watchers.watch(NEVER)];
  for (const count of [1, 2, 3]) watchers.tell(received(count));
  for (const watching of [one, other]) {
    assert.deepEqual(await watching.take(), received(1));
    assert.deepEqual(await watching.take(), received(2));
  }
  assert.equal(watchers.size, 2);
  stop.abort();
  assert.equal(await one.take(), undefined);
  watchers.tell(received(4));
  assert.deepEqual(await other.take(), received(3));
  const waiting = watchers.watch(NEVER);
  const last = waiting.take();
  for (const watching of [other, waiting]) watching.close();
  assert.equal(await last, undefined);
  assert.equal(watchers.size, 0);
});

Deno.test("P8: a watcher that takes nothing costs a bounded queue, and hears what it missed", async () => {
  const watchers = new Watchers();
  const watching = watchers.watch(NEVER);
  for (let count = 0; count < MOST_WAITING + 500; count++) watchers.tell(received(count));
  for (let count = 0; count < MOST_WAITING; count++) {
    assert.deepEqual(await watching.take(), received(count));
  }
  assert.deepEqual(await watching.take(), { event: "missed", count: 500 });
  watchers.tell(received(9));
  assert.deepEqual(await watching.take(), received(9));
});

Deno.test("what is heard and what is missed is what was told, whatever the pace", async () => {
  const paces = fc.array(fc.tuple(fc.nat({ max: 1_500 }), fc.nat({ max: 1_500 })), {
    maxLength: 10,
  });
  await fc.assert(
    fc.asyncProperty(paces, async (pace) => {
      const watchers = new Watchers();
      const watching = watchers.watch(NEVER);
      let [told, heard] = [0, 0];
      const hear = async (): Promise<void> => {
        const event = await watching.take();
        if (event?.event === "missed") heard += event.count;
        else assert.deepEqual(event, received(heard++));
      };
      for (const [tells, takes] of pace) {
        for (let count = 0; count < tells; count++) watchers.tell(received(told++));
        for (let count = 0; count < takes && heard < told; count++) await hear();
      }
      while (heard < told) await hear();
      assert.equal(heard, told);
    }),
    { numRuns: testRuns(30) },
  );
});
