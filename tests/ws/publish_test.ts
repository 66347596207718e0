/** Publishing over the WebSocket: every event as a POST of its own, answered when all are durable. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Gate, GatedStore } from "./gated_store.ts";
import { hashed, type Slot } from "../relay/relay_world.ts";
import { type Frame, SocketWorld } from "./socket_world.ts";

const event = (n: number) => hashed(`"n":${n}`);
const digestOf = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 32);

function resultsOf({ results }: Frame): Frame[] {
  assert.ok(Array.isArray(results));
  return results;
}

const error = (code: string, http: number, message: string) => ({ code, message, http });

Deno.test("ws publish: one result for each event, in order, with place and digest", async () => {
  await using world = new SocketWorld();
  const slot = await world.slot();
  const client = world.connect();
  const { id: one, text } = event(1);
  const answer = await client.publish(slot, [
    text,
    event(2).text,
    text,
    '{"x":1}',
    '{"event_id":"a b"}',
    `{"event_id":"${event(3).id}"}`,
    '{"event_id":"e5","a":{"b":1,"b":2}}',
    "null",
  ]);
  assert.deepEqual(resultsOf(answer), [
    { event_id: one, seq: 1, status: "stored" },
    { event_id: event(2).id, seq: 2, status: "stored" },
    { event_id: one, seq: 1, status: "duplicate", digest: digestOf(text) },
    { event_id: null, seq: 3, status: "stored" },
    { event_id: "a b", error: error("bad_frame", 400, "event_id not allowed") },
    {
      event_id: event(3).id,
      error: error("bad_frame", 400, "event_id does not hash to the event"),
    },
    { event_id: "e5", error: error("bad_frame", 400, "event has a repeated member") },
    { event_id: null, seq: 4, status: "stored" },
  ]);
  const { text: page } = await world.list(slot);
  assert.equal(page, `[${text},${event(2).text},{"x":1},null]`);
});

Deno.test("ws publish: an event may be nested as deep as in a POST, and read again", async () => {
  await using world = new SocketWorld();
  const slot = await world.slot();
  const client = world.connect();
  const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
  assert.equal((await world.post(slot, deep(126))).status, 201);
  assert.equal((await world.post(slot, deep(127))).status, 400);
  const [result] = resultsOf(await client.publish(slot, [deep(126)]));
  assert.equal(result?.["status"], "stored");
  client.events.text(
    `{"op":"publish","ref":9,"slot":"${slot.id}","token":"${slot.token}","events":[${deep(127)}]}`,
  );
  const refused = await client.until(({ op }) => op === "error");
  assert.match(String(refused["message"]), /nested more than/);
});

Deno.test("ws publish: sizes are refused event by event, with the texts of HTTP", async () => {
  await using world = new SocketWorld({ maxEventBytes: 1024 });
  const slot = await world.ownedSlot();
  const grant = await world.grant(slot, { max_event_bytes: 100, max_bytes: 150 });
  const big = hashed(`"z":"${"x".repeat(1100)}"`);
  const client = world.connect();
  assert.deepEqual(resultsOf(await client.publish(slot, [big.text, event(1).text])), [
    { event_id: big.id, error: error("too_large", 413, "event exceeds 1 KiB") },
    { event_id: event(1).id, seq: 1, status: "stored" },
  ]);
  const middle = hashed(`"z":"${"x".repeat(60)}"`);
  const answer = await client.publish(grant, [
    middle.text,
    event(2).text,
    event(3).text,
    '{"x":1}',
  ]);
  assert.deepEqual(resultsOf(answer), [
    { event_id: middle.id, error: error("too_large", 413, "event exceeds the grant's limit") },
    { event_id: event(2).id, fetched: false, status: "stored" },
    { event_id: event(3).id, error: error("too_large", 413, "grant quota exceeded") },
    { event_id: null, error: error("bad_frame", 400, "event_id missing") },
  ]);
});

Deno.test("ws publish: a grant's rates count every event of a batch", async () => {
  await using world = new SocketWorld({ grantBurst: 5, grantPerSecond: 1 });
  const slot = await world.ownedSlot();
  const grant = await world.grant(slot, { max_events_per_hour: 2 });
  const client = world.connect();
  const batch = [1, 2, 3, 1, 2, 3].map((n) => event(n).text);
  const results = resultsOf(await client.publish(grant, batch));
  const limited = (result: Frame | undefined) => (Object(result?.["error"])["http"]);
  assert.deepEqual(results.slice(0, 2).map(({ status }) => status), ["stored", "stored"]);
  assert.equal(limited(results[2]), 429, "two an hour");
  assert.deepEqual(results.slice(3, 5).map(({ status }) => status), ["duplicate", "duplicate"]);
  assert.equal(limited(results[5]), 429, "five at once, duplicates too");
});

Deno.test("ws publish: a bad token is one error for the frame; revoked grants are checked each time", async () => {
  await using world = new SocketWorld();
  const slot = await world.ownedSlot();
  const grant = await world.grant(slot);
  const client = world.connect();
  const refusal = async (asked: Slot) => {
    const { code, http, message } = await client.publish(asked, [event(1).text]);
    return [code, http, message];
  };
  assert.deepEqual(await refusal({ ...slot, token: "x" }), ["forbidden", 403, "bad token"]);
  assert.deepEqual(await refusal({ ...slot, id: "x" }), ["not_found", 404, "unknown slot"]);
  const [stored] = resultsOf(await client.publish(grant, [event(1).text]));
  assert.deepEqual(stored, { event_id: event(1).id, fetched: false, status: "stored" });
  await world.call(`/v1/slot/${slot.id}/grants/${grant.grant}`, {
    token: slot.token,
    method: "DELETE",
  });
  assert.deepEqual(await refusal(grant), ["forbidden", 403, "token revoked"]);
  await world.call(`/v1/slot/${slot.id}`, { token: slot.token, method: "DELETE" });
  assert.deepEqual(await refusal(slot), ["not_found", 410, "mailbox moved or closed"]);
});

Deno.test("ws publish: readers see which grant brought an event", async () => {
  await using world = new SocketWorld();
  const slot = await world.ownedSlot();
  const grant = await world.grant(slot);
  const reader = world.connect();
  await reader.open(slot);
  await world.connect().publish(grant, [event(1).text]);
  await world.post(grant, event(2).text);
  await world.post(slot, event(3).text);
  const got = await reader.untilEvents(3);
  assert.deepEqual(got.map(({ seq, via }) => [seq, via]), [[1, grant.grant], [2, grant.grant], [
    3,
    null,
  ]]);
});

Deno.test("ws publish: P2: a grant learns whether its event was read, once the owner acked it", async () => {
  await using world = new SocketWorld();
  const slot = await world.ownedSlot();
  const grant = await world.grant(slot);
  const [owner, poster] = [world.connect(), world.connect()];
  await owner.open(slot);
  const fetched = async () => [
    resultsOf(await poster.publish(grant, [event(1).text]))[0]?.["fetched"],
    JSON.parse((await world.post(grant, event(1).text)).text).fetched,
    resultsOf(await poster.publish(slot, [event(1).text]))[0]?.["fetched"],
    JSON.parse((await world.post(slot, event(1).text)).text).fetched,
  ];
  assert.deepEqual(await fetched(), [false, false, undefined, undefined]);
  await owner.untilEvents(1);
  assert.deepEqual(await fetched(), [false, false, undefined, undefined], "sent is not read");
  owner.ack(slot, 1);
  await world.clock.settle();
  assert.deepEqual(await fetched(), [true, true, undefined, undefined]);
});

Deno.test("ws publish: shapes that are none are bad frames, and nothing is stored", async () => {
  await using world = new SocketWorld({ errorsPerMinute: 100 });
  const slot = await world.slot();
  const client = world.connect();
  const head = `"op":"publish","ref":7,"slot":"${slot.id}","token":"${slot.token}"`;
  const many = Array(257).fill("1").join(",");
  for (
    const [text, http] of [
      [`{${head}}`, 400],
      [`{${head},"events":[]}`, 400],
      [`{${head},"events":{}}`, 400],
      [`{${head},"events":[1],"events":[2]}`, 400],
      [`{${head},"op":"ping","events":[1]}`, 400],
      [`{${head},"events":[1,]}`, 400],
      [`{${head},"events":[${many}]}`, 413],
      [`[]`, 400],
      [`7`, 400],
      [``, 400],
      [`{"op":"publish"}`, 401],
      [`{"op":"__proto__","ref":1}`, 400],
      [`{"op":["ping"],"ref":1}`, 400],
      [`{"op":"ping"}`, 400],
      [`{"op":"ping","ref":1.5}`, 400],
      [`{"op":"ping","ref":"1"}`, 400],
      [`{"op":"ack","slot":"x","seq":-1}`, 400],
      [`{"op":"pair","ref":1,"pair_id":"x"}`, 400],
      [`{"op":"pair","ref":1,"pair_id":"x","as_role":"host","token":"y"}`, 400],
      [`{"op":"pair","ref":1,"pair_id":"x","as_role":"eve"}`, 400],
    ] as const
  ) {
    const before = client.frames.length;
    client.events.text(text);
    while (client.frames.length === before) await client.socket.more();
    const { op, http: got } = client.frames.at(-1) ?? {};
    assert.deepEqual([op, got], ["error", http], text);
  }
  assert.equal((await world.list(slot)).text, "[]");
  const batch = Array(256).fill("1");
  assert.equal(resultsOf(await world.connect().publish(slot, batch)).length, 256);
});

Deno.test("ws publish: frames go on while others wait for the disk, and order stays", async () => {
  const gate = new Gate();
  await using world = new SocketWorld({}, { store: new GatedStore(gate) });
  const slot = await world.slot();
  const client = world.connect();
  await client.open(slot);
  gate.close();
  const answers = [1, 2, 3].map((n) => client.publish(slot, [event(n).text]));
  assert.deepEqual(await client.ask({ op: "ping" }), { op: "pong", ref: 5 });
  assert.ok(!client.ops.includes("published"));
  gate.open();
  const seqs = (await Promise.all(answers)).map((answer) => resultsOf(answer)[0]?.["seq"]);
  assert.deepEqual(seqs, [1, 2, 3]);
});

Deno.test("ws publish: P1: what cannot be stored is busy, event by event, and no more is said", async () => {
  const gate = new Gate();
  const store = new GatedStore(gate);
  await using world = new SocketWorld({}, { store });
  const slot = await world.slot();
  const client = world.connect();
  store.failing = new Set([event(2).id]);
  const results = resultsOf(await client.publish(slot, [1, 2, 3].map((n) => event(n).text)));
  assert.deepEqual(results.map(({ status }) => status), ["stored", undefined, "stored"]);
  const { code, http, message } = Object(results[1]?.["error"]);
  assert.deepEqual([code, http], ["busy", 500]);
  assert.match(message, /^persist failed: /);
});
