import assert from "node:assert/strict";
import { FakeClock } from "../platform/fake/clock.ts";
import { FakeLog } from "../platform/fake/log.ts";
import { Readiness } from "./readiness.ts";

function readiness(probe: () => Promise<unknown>) {
  const clock = new FakeClock("2026-01-01T00:00:00Z");
  const log = new FakeLog();
  return { clock, log, ready: new Readiness({ clock, log, probe }) };
}

Deno.test("readiness: a relay whose store answers is ready, until it stops", async () => {
  const { ready } = readiness(() => Promise.resolve());
  assert.equal(await ready.problem(), undefined);
  ready.stop();
  assert.equal(await ready.problem(), "shutting down");
});

Deno.test("readiness: a store that fails is told in the log, not to whoever asks", async () => {
  const { ready, log } = readiness(() => Promise.reject(new Error("disk I/O at /var/x")));
  assert.equal(await ready.problem(), "the store cannot be read");
  assert.match(JSON.stringify(log.entries), /disk I\/O/);
});

Deno.test("P8: a silent store is asked once, and each who waits is answered in 2 s", async () => {
  let probes = 0;
  const stuck = Promise.withResolvers<void>();
  const { ready, clock } = readiness(() => {
    probes++;
    return stuck.promise;
  });
  const answers = [ready.problem(), ready.problem()];
  await clock.advance(2_000);
  assert.deepEqual(await Promise.all(answers), Array(2).fill("the store does not answer"));
  const third = ready.problem();
  assert.equal(probes, 1);
  stuck.resolve();
  assert.equal(await third, undefined);
  assert.equal(await ready.problem(), undefined);
  assert.equal(probes, 2);
});
