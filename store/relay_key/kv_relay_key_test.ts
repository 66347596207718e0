import assert from "node:assert/strict";
import { WireError } from "../../protocol/errors.ts";
import { KvRelayKey, relayKeyKey } from "./kv_relay_key.ts";

/** Bytes that are never the same twice. */
function dice(): (count: number) => Uint8Array {
  let next = 0;
  return (count) => new Uint8Array(count).fill(++next);
}

Deno.test("the relay's key is made once, and found again", async () => {
  using kv = await Deno.openKv(":memory:");
  const randomBytes = dice();
  const first = await new KvRelayKey({ kv, randomBytes }).load();
  const again = await new KvRelayKey({ kv, randomBytes }).load();
  assert.deepEqual(again.publicKey, first.publicKey);
});

Deno.test("relays that start at once on one store agree on a key", async () => {
  using kv = await Deno.openKv(":memory:");
  const randomBytes = dice();
  const relays = Array.from({ length: 8 }, () => new KvRelayKey({ kv, randomBytes }));
  const keys = await Promise.all(relays.map((relay) => relay.load()));
  assert.equal(new Set(keys.map(({ publicKey }) => publicKey.toHex())).size, 1);
});

Deno.test("P7: a damaged key is never replaced by another", async () => {
  using kv = await Deno.openKv(":memory:");
  for (const value of [{ seed: new Uint8Array(31) }, { seed: "x" }, {}, 1, ""]) {
    await kv.set(relayKeyKey, value);
    await assert.rejects(
      new KvRelayKey({ kv, randomBytes: dice() }).load(),
      (error) => error instanceof WireError && error.code === "unreadable",
    );
    assert.deepEqual((await kv.get(relayKeyKey)).value, value);
  }
});

Deno.test("a store that was away is asked again", async () => {
  using kv = await Deno.openKv(":memory:");
  let isAway = true;
  const flaky = new Proxy(kv, {
    get(target, name) {
      if (name === "get" && isAway) return () => Promise.reject(new Error("away"));
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const key = new KvRelayKey({ kv: flaky, randomBytes: dice() });
  await assert.rejects(key.load(), /away/);
  isAway = false;
  assert.equal((await key.load()).publicKey.length, 32);
});
