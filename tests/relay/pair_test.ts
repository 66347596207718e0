/** The rendezvous of two sides of a pairing: docs/protocol/relay.md §5.8. */
import assert from "node:assert/strict";
import { type Answer, IS_SHARED, RelayWorld, shown } from "./relay_world.ts";

class PairWorld extends RelayWorld {
  open(role: string, msg: string, codeHash: string = "c"): Promise<Answer> {
    return this.call("/v1/pair", { body: { code_hash: codeHash, msg, role } });
  }

  /** The pair id that opening gives. */
  async opened(role: string = "host", msg: string = "m", codeHash: string = "c"): Promise<string> {
    const { status, text } = await this.open(role, msg, codeHash);
    assert.equal(status, 201);
    return JSON.parse(text).pair_id;
  }

  get(id: string, role: string): Promise<Answer> {
    return this.call(`/v1/pair/${id}?as_role=${role}`);
  }

  bootstrap(id: string, role: string, sealed: string): Promise<Answer> {
    return this.call(`/v1/pair/${id}/bootstrap`, { body: { role, sealed } });
  }
}

const UNKNOWN = '404 {"error":"unknown pair_id"}';

Deno.test("relay pair: two sides meet under one id and see each other's data", async () => {
  await using world = new PairWorld();
  const id = await world.opened("guest", "from guest");
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(shown(await world.get(id, "guest")), '200 {"peer_bootstrap":null,"peer_msg":null}');
  assert.equal(await world.opened("host", "from host"), id);
  assert.equal(shown(await world.bootstrap(id, "host", "sealed")), '201 {"ok":true}');
  const guest = '200 {"peer_bootstrap":"sealed","peer_msg":"from host"}';
  assert.equal(shown(await world.get(id, "guest")), guest);
  assert.equal(shown(await world.get(id, "guest")), guest, "reading is not consuming");
  assert.equal(
    shown(await world.get(id, "host")),
    '200 {"peer_bootstrap":null,"peer_msg":"from guest"}',
  );
  assert.notEqual(await world.opened("host", "m", "another code"), id);
});

Deno.test("relay pair: ruling 13: the same message again is 201, another is 409", async () => {
  await using world = new PairWorld();
  const id = await world.opened("host", "m");
  assert.equal(await world.opened("host", "m"), id);
  assert.equal(
    shown(await world.open("host", "other")),
    '409 {"error":"host already registered for this code"}',
  );
  await world.opened("guest", "g");
  assert.equal(
    shown(await world.open("guest", "other")),
    '409 {"error":"guest already registered for this code"}',
  );
  assert.deepEqual(await world.store.counters().then((counters) => counters.pair_opens_total), 1);
});

Deno.test("relay pair: a second, different bootstrap is 409, an identical one 201", async () => {
  await using world = new PairWorld();
  const id = await world.opened();
  assert.equal((await world.bootstrap(id, "guest", "s")).status, 201, "before its message, too");
  assert.equal((await world.bootstrap(id, "guest", "s")).status, 201);
  assert.equal((await world.bootstrap(id, "guest", "t")).status, 409);
  assert.match((await world.get(id, "host")).text, /"peer_bootstrap":"s"/);
});

Deno.test("relay pair: wrong roles and unknown ids, in the reference's order", async () => {
  await using world = new PairWorld();
  const id = await world.opened();
  const role = `400 {"error":"role must be 'host' or 'guest'"}`;
  assert.equal(shown(await world.open("boss", "m", "new")), role);
  assert.equal(shown(await world.bootstrap(id, "boss", "s")), role);
  assert.equal(
    shown(await world.get(id, "boss")),
    `400 {"error":"as_role must be 'host' or 'guest'"}`,
  );
  const other = "0".repeat(32);
  assert.equal(shown(await world.get(other, "boss")), UNKNOWN);
  assert.equal(shown(await world.bootstrap(other, "boss", "s")), UNKNOWN);
  assert.equal((await world.call(`/v1/pair/${id}`)).status, 400);
  assert.equal((await world.call("/v1/pair", { body: { role: "host", msg: "m" } })).status, 422);
  assert.equal((await world.call(`/v1/pair/${id}?as_role=guest&as_role=host`)).status, 200);
});

Deno.test("relay pair: strings are bounded at 4 KiB and 64 KiB", async () => {
  await using world = new PairWorld();
  const id = await world.opened("host", "x".repeat(4096));
  assert.equal((await world.open("host", "x".repeat(4097), "d")).status, 413);
  assert.equal((await world.open("host", "m", "c".repeat(4097))).status, 413);
  assert.equal((await world.bootstrap(id, "host", "x".repeat(65_537))).status, 413);
  assert.equal((await world.bootstrap(id, "host", "x".repeat(65_536))).status, 201);
});

Deno.test("relay pair: abandoning is idempotent, empty, and final", async () => {
  await using world = new PairWorld();
  const id = await world.opened();
  for (let i = 0; i < 2; i++) {
    const answer = await world.call("/v1/pair/abandon", { body: { code_hash: "c" } });
    assert.equal(shown(answer), "204 ");
    assert.equal(answer.headers.get("content-type"), null);
    assert.equal(shown(await world.get(id, "host")), UNKNOWN);
  }
  assert.notEqual(await world.opened("host", "other message"), id);
});

Deno.test("relay pair: forgotten after more than 300 idle seconds, not before", {
  ignore: IS_SHARED,
}, async () => {
  await using world = new PairWorld();
  const idle = await world.opened("host", "m", "idle");
  await world.clock.advance(300_000);
  assert.equal((await world.get(idle, "host")).status, 200, "and that read begins anew");
  await world.clock.advance(300_001);
  assert.equal(shown(await world.get(idle, "host")), UNKNOWN);
});

Deno.test("relay pair: polling keeps it, and so does each of the three calls", async () => {
  await using world = new PairWorld();
  const id = await world.opened();
  for (
    const call of [
      () => world.get(id, "host"),
      () => world.bootstrap(id, "host", "s"),
      () => world.open("host", "other"),
    ]
  ) {
    await world.clock.advance(290_000);
    await call();
  }
  await world.clock.advance(290_000);
  assert.equal((await world.get(id, "host")).status, 200);
});

Deno.test("lesson 49: pair slots have ceilings and make room when they expire", {
  ignore: IS_SHARED,
}, async () => {
  await using world = new PairWorld({ maxPairSlots: 2, maxPairBytes: 100 });
  const full = '503 {"error":"relay pair-slot capacity reached"}';
  await world.opened("host", "m", "a");
  const id = await world.opened("host", "m", "b");
  assert.equal(shown(await world.open("host", "m", "c")), full);
  assert.equal(shown(await world.bootstrap(id, "host", "x".repeat(100))), full);
  await world.clock.advance(300_001);
  await world.opened("host", "x".repeat(98), "c");
  assert.equal(shown(await world.open("host", "m", "d")), full, "bytes are bounded too");
  await world.call("/v1/pair/abandon", { body: { code_hash: "c" } });
  await world.opened("host", "m", "d");
});
