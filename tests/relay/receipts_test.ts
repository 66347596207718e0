/** Receipts over HTTP and the WebSocket: docs/protocol/receipts.md. */
import assert from "node:assert/strict";
import { FakeLog } from "../../platform/fake/log.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { WireError } from "../../protocol/errors.ts";
import { checkReceipt, parseRelayKey } from "../../protocol/receipt.ts";
import { sharedStores } from "../../relay/open_stores.ts";
import { RELAY_LIMITS } from "../../relay/options.ts";
import { createRelay } from "../../relay/relay.ts";
import { MemoryRelayKey } from "../../store/relay_key/relay_key.ts";
import { SocketWorld } from "../ws/socket_world.ts";
import { type Answer, hashed, type RelayWorld, type Slot } from "./relay_world.ts";

const RELAY = "https://relay.example";
const ASKING = { "wire-receipt": RELAY };

const event = (n: number) => hashed(`"n":${n}`);

async function keyOf(world: Pick<RelayWorld, "call">): Promise<Uint8Array> {
  const { relay_key: text } = JSON.parse((await world.call("/v1/relay")).text);
  const key = parseRelayKey(text);
  assert.ok(key !== undefined, text);
  return key;
}

const post = (
  world: RelayWorld,
  slot: Slot,
  text: string,
  headers: Readonly<Record<string, string>> = ASKING,
): Promise<Answer> =>
  world.call(`/v1/events/${slot.id}`, { token: slot.token, body: `{"event":${text}}`, headers });

function receiptsTest(name: string, body: (world: SocketWorld, slot: Slot) => Promise<void>): void {
  Deno.test(`receipts: ${name}`, async () => {
    await using world = new SocketWorld();
    await body(world, await world.slot());
  });
}

receiptsTest(
  "P2: a POST that asks gets one that its relay's key has signed",
  async (world, slot) => {
    const { id, text } = event(1);
    const answer = await post(world, slot, text);
    assert.equal(answer.status, 201);
    const { receipt, ...rest } = JSON.parse(answer.text);
    assert.deepEqual(rest, { event_id: id, status: "stored" });
    const stored = { relay: RELAY, slotId: slot.id, eventId: id };
    const verdict = checkReceipt(receipt, stored, await keyOf(world));
    assert.ok(verdict.ok);
    assert.match(verdict.receipt.at, /^2026-11-21T05:00:00/);
  },
);

receiptsTest("who does not ask is answered as before, to the byte", async (world, slot) => {
  const [{ id, text }, other] = [event(1), event(2)];
  const plain = await post(world, slot, text, {});
  assert.equal(plain.text, `{"event_id":"${id}","status":"stored"}`);
  for (const value of ["", "yes", "ftp://x", "https://u@x", `https://x/${"a".repeat(1_024)}`]) {
    const again = await post(world, slot, text, { "wire-receipt": value });
    assert.match(again.text, /^\{"digest":"[0-9a-f]{32}","event_id":"[0-9a-f]{64}","status":/);
  }
  const client = world.connect();
  const { results } = await client.publish(slot, [other.text]);
  assert.deepEqual(results, [{ event_id: other.id, seq: 2, status: "stored" }]);
});

receiptsTest("a batch that asks gets one for each event", async (world, slot) => {
  const client = world.connect();
  const events = [event(1), event(2), event(3)];
  const { results } = await client.ask({
    op: "publish",
    slot: slot.id,
    token: slot.token,
    receipt: RELAY,
    events: [...events.map(({ text }) => JSON.parse(text)), { event_id: "a b" }],
  });
  assert.ok(Array.isArray(results));
  const key = await keyOf(world);
  for (const [i, { id: eventId }] of events.entries()) {
    const stored = { relay: RELAY, slotId: slot.id, eventId };
    assert.ok(checkReceipt(results[i].receipt, stored, key).ok);
  }
  assert.equal(results[3].receipt, undefined, "what was refused has none");
  const none = await client.ask({
    op: "publish",
    slot: slot.id,
    token: slot.token,
    receipt: null,
    events: [JSON.parse(events[0]?.text ?? "")],
  });
  assert.ok(!JSON.stringify(none).includes("receipt"));
});

receiptsTest(
  "a duplicate gets one, another copy under the same id does not",
  async (world, slot) => {
    const { id, text } = event(1);
    await post(world, slot, text, {});
    const same = JSON.parse((await post(world, slot, text)).text);
    assert.equal(same.status, "duplicate");
    const stored = { relay: RELAY, slotId: slot.id, eventId: id };
    assert.ok(checkReceipt(same.receipt, stored, await keyOf(world)).ok);
    // The id does not cover the signature.
    const other = JSON.parse(
      (await post(world, slot, `${text.slice(0, -1)},"signature":"x"}`)).text,
    );
    assert.equal(other.status, "duplicate");
    assert.equal(other.receipt, undefined);
  },
);

receiptsTest("an id that does not commit to the event gets none", async (world, slot) => {
  for (const text of ['{"n":1}', '{"event_id":"a1"}']) {
    const { status, text: body } = await post(world, slot, text);
    assert.equal(status, 201);
    assert.ok(!body.includes("receipt"));
  }
});

receiptsTest("a grant gets them, too, and is still told whether it was read", async (world) => {
  const made = await world.call("/v1/slot/allocate", { body: { grants: true } });
  const { slot_id: id, slot_token: owner } = JSON.parse(made.text);
  const grant = await world.call(`/v1/slot/${id}/grants`, { token: owner, body: {} });
  const { token } = JSON.parse(grant.text);
  const { id: eventId, text } = event(1);
  const answer = await post(world, { id, token }, text);
  assert.match(
    answer.text,
    /^\{"event_id":"[^"]*","fetched":false,"receipt":\{"at":.*"status":"stored"\}$/,
  );
  const { receipt } = JSON.parse(answer.text);
  assert.ok(checkReceipt(receipt, { relay: RELAY, slotId: id, eventId }, await keyOf(world)).ok);
});

Deno.test("receipts: for those who do not ask the key is not even looked at", async () => {
  let loads = 0;
  const key = new MemoryRelayKey(new Uint8Array(32).fill(1));
  const load = () => (loads++, key.load());
  await using world = new SocketWorld({}, { key: { load } });
  const slot = await world.slot();
  await post(world, slot, event(1).text, {});
  await world.connect().publish(slot, [event(2).text]);
  assert.equal(loads, 0);
  await post(world, slot, event(3).text);
  assert.equal(loads, 1);
});

Deno.test("receipts: a key that cannot be read costs the receipt, never the mail", async () => {
  const fault = new WireError("unreadable", "the record of the relay's key is not one");
  await using world = new SocketWorld({}, { key: { load: () => Promise.reject(fault) } });
  const slot = await world.slot();
  const { id, text } = event(1);
  const answer = await post(world, slot, text);
  assert.deepEqual([answer.status, JSON.parse(answer.text)], [201, {
    event_id: id,
    status: "stored",
  }]);
  const { results } = await world.connect().ask({
    op: "publish",
    slot: slot.id,
    token: slot.token,
    receipt: RELAY,
    events: [JSON.parse(event(2).text)],
  });
  assert.deepEqual(results, [{ event_id: event(2).id, seq: 2, status: "stored" }]);
});

Deno.test("receipts: relays on one store sign with one key, and keep it over a restart", async () => {
  using kv = await Deno.openKv(":memory:");
  // Closed once, by this test.
  const shared = new Proxy(kv, {
    get(target, name) {
      if (name === "close") return () => {};
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const start = () => {
    const platform = fakePlatform({ log: new FakeLog() });
    const stores = sharedStores({
      ...platform,
      kv: shared,
      watching: shared,
      limits: RELAY_LIMITS,
    });
    return createRelay({ ...stores, platform });
  };
  const shown = async (relay: ReturnType<typeof start>): Promise<string> => {
    const request = new Request("http://relay.test/v1/relay");
    const answer = await relay.fetch(request, { remoteAddress: "192.0.2.1" });
    return (await answer.json()).relay_key;
  };
  const [a, b] = [start(), start()];
  const keys = await Promise.all([shown(a), shown(b)]);
  await a.close();
  await b.close();
  const again = start();
  keys.push(await shown(again));
  await again.close();
  assert.equal(new Set(keys).size, 1, keys.join());
  assert.match(keys[0] ?? "", /^ed25519:/);
});
