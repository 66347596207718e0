import assert from "node:assert/strict";
import { FakeClock } from "../../platform/fake/clock.ts";
import { isUnanswered, remoteKv, UnansweredError } from "./remote_kv.ts";

/** An embedded store that a test can silence. */
async function world() {
  const kv = await Deno.openKv(":memory:");
  const clock = new FakeClock();
  const silence: { until?: Promise<void>; reads: number; readonly commits: Promise<unknown>[] } = {
    reads: 0,
    commits: [],
  };
  const wrapped = new Proxy(kv, {
    get(target, name) {
      if (name === "atomic") {
        return () => {
          const operation = target.atomic();
          const commit = operation.commit.bind(operation);
          return Object.assign(operation, {
            commit: () => {
              const committed = (silence.until ?? Promise.resolve()).then(commit);
              silence.commits.push(committed);
              return committed;
            },
          });
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (name === "get") silence.reads += 1;
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { clock, silence, kv: remoteKv(wrapped, { clock, deadlineMs: 1_000 }) };
}

Deno.test("remote kv: reads, lists and chained commits work as without it", async () => {
  const { kv } = await world();
  using _ = kv;
  const { ok } = await kv.atomic().check({ key: ["a"], versionstamp: null }).set(["a"], 1)
    .set(["b"], new Uint8Array([2])).commit();
  assert.ok(ok);
  assert.equal((await kv.get(["a"])).value, 1);
  const keys = await Array.fromAsync(kv.list({ prefix: [] }), ({ key }) => key);
  assert.deepEqual(keys, [["a"], ["b"]]);
  const again = await kv.atomic().check({ key: ["a"], versionstamp: null }).set(["a"], 3).commit();
  assert.ok(!again.ok);
});

Deno.test("remote kv: a lone commit of two packets has a read ahead of it, a small one has none", async () => {
  const { kv, silence } = await world();
  using _ = kv;
  const large = new Uint8Array(2_000);
  await kv.atomic().set(["a"], 1).set(["b"], large).commit();
  assert.equal(silence.reads, 1);
  await Promise.all([1, 2, 3].map((n) => kv.atomic().set(["a"], n).set(["b"], large).commit()));
  assert.equal(silence.reads, 2, "several at once have one");
  await kv.atomic().set(["a"], new Deno.KvU64(1n)).set(["b"], new Uint8Array(500)).commit();
  assert.equal(silence.reads, 2);
});

Deno.test("P8: a server that does not answer is given up on, also when it answers later", async () => {
  const { kv, clock, silence } = await world();
  using _ = kv;
  const { promise, resolve } = Promise.withResolvers<void>();
  silence.until = promise;
  const commit = assert.rejects(kv.atomic().set(["a"], 1).commit(), UnansweredError);
  await clock.advance(999);
  await clock.advance(1);
  await commit;
  resolve();
  await promise;
  assert.ok((await kv.atomic().set(["b"], 1).commit()).ok);
  assert.equal((await kv.get(["a"])).value, 1, "the commit was on its way, and arrived");
});

Deno.test("P8: with many calls left behind no more are begun until some are answered", async () => {
  const { kv, clock, silence } = await world();
  using _ = kv;
  const { promise, resolve } = Promise.withResolvers<void>();
  silence.until = promise;
  const commits = Array.from({ length: 64 }, (_, n) => kv.atomic().set(["a", n], 1).commit());
  const ended = Promise.allSettled(commits);
  await clock.advance(1_000);
  await ended;
  await assert.rejects(kv.get(["a"]), (error) => isUnanswered(error));
  resolve();
  await Promise.all(silence.commits);
  assert.equal((await kv.get(["a", 0])).value, 1);
});
