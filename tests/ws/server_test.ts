/** The WebSocket of a relay with a durable store, used by a client that is not ours. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { NpmClient } from "./npm_client.ts";
import { RawSocket, TEXT } from "./raw_socket.ts";
import { serverWorld } from "./relay_server.ts";

const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

function signedLike(n: number): { readonly event_id: string; readonly n: number } {
  const event_id = createHash("sha256").update(`{"n":${n}}`).digest("hex");
  return { event_id, n };
}

Deno.test("ws server: what npm ws publishes is stored, pushed and read on after a reconnection", async () => {
  await using world = await serverWorld();
  const slot = await world.slot({ grants: true });
  await using reader = await NpmClient.connect(world.relay.url);
  assert.equal((await reader.open(slot, { since: null }))["count"], 0);
  await using poster = await NpmClient.connect(world.relay.url);
  const batches = upTo(8).map((b) => upTo(50).map((n) => signedLike(b * 100 + n)));
  const answers = await Promise.all(batches.map((batch) => poster.publish(slot, batch)));
  const seqs = answers.flatMap(({ results }) =>
    Array.isArray(results) ? results.map(({ seq }) => Number(seq)) : []
  );
  assert.deepEqual(seqs, upTo(400), "frames of one connection are stored in their order");
  assert.deepEqual(await reader.untilSeqs(400), upTo(400));
  await reader[Symbol.asyncDispose]();
  assert.equal(await world.post(slot, '{"event_id":"by-http"}'), 201);
  await using again = await NpmClient.connect(world.relay.url);
  const since = signedLike(100 + 37).event_id;
  assert.equal((await again.open(slot, { since }))["count"], 401 - 37);
  assert.deepEqual(await again.untilSeqs(401 - 37), upTo(401).slice(37));
});

Deno.test("ws server: a stop is told with 1012, and what was answered is there after a restart", async () => {
  const directory = await Deno.makeTempDir({ prefix: "wire-ws-restart-" });
  const slot = await (async () => {
    await using world = await serverWorld({ dataDirectory: directory });
    const slot = await world.slot();
    await using client = await NpmClient.connect(world.relay.url);
    await client.open(slot);
    await client.publish(slot, [signedLike(1), signedLike(2)]);
    void world.relay.close();
    assert.equal(await client.closed, 1012);
    await world.relay.close();
    await Deno.rename(directory, `${directory}-kept`);
    await Deno.mkdir(directory);
    return slot;
  })();
  await Deno.rename(`${directory}-kept`, directory);
  await using world = await serverWorld({ dataDirectory: directory });
  await using client = await NpmClient.connect(world.relay.url);
  assert.equal((await client.open(slot))["count"], 2);
  assert.deepEqual(await client.untilSeqs(2), [1, 2]);
});

Deno.test("lesson 46: ws server: who does not read delays nobody, and gets all of it later", async () => {
  await using world = await serverWorld({
    limits: { windowBytes: 1e9, windowConnectionBytes: 1e9, windowRelayBytes: 1e9 },
  });
  const slot = await world.slot();
  using slow = await RawSocket.open(world.relay.port);
  await slow.send(
    TEXT,
    JSON.stringify({ op: "open", ref: 1, slot: slot.id, token: slot.token, since: null }),
  );
  await using quick = await NpmClient.connect(world.relay.url);
  await quick.open(slot);
  await using poster = await NpmClient.connect(world.relay.url);
  const body = "x".repeat(50_000);
  for (let batch = 1; batch <= 20; batch++) {
    const answer = await poster.publish(slot, upTo(10).map((n) => ({ batch, n, body })));
    assert.equal(answer["op"], "published");
    await quick.untilSeqs(batch * 10);
    quick.ack(slot, batch * 10);
  }
  const seqs: number[] = [];
  while (seqs.length < 200) {
    const frame = Object(await slow.json());
    if (!Array.isArray(frame.events)) continue;
    seqs.push(...frame.events.map(({ seq }: { seq: number }) => seq));
    await slow.send(TEXT, JSON.stringify({ op: "ack", slot: slot.id, seq: seqs.at(-1) }));
  }
  assert.deepEqual(seqs, upTo(200));
});

Deno.test("ws server: Deno's own WebSocket opens, publishes and reads", async () => {
  await using world = await serverWorld();
  const slot = await world.slot();
  const ws = new WebSocket(`${world.relay.url.replace("http", "ws")}/v1/ws`, "wire.v1");
  const frames: { readonly op: string }[] = [];
  const closed = new Promise<CloseEvent>((resolve) => ws.onclose = resolve);
  const live = new Promise<void>((resolve) => {
    ws.onmessage = ({ data }) => {
      frames.push(JSON.parse(data));
      if (frames.some(({ op }) => op === "events")) resolve();
    };
  });
  await new Promise((resolve) => ws.onopen = resolve);
  assert.equal(ws.protocol, "wire.v1");
  const { id, token } = slot;
  ws.send(JSON.stringify({ op: "open", ref: 1, slot: id, token, since: null }));
  ws.send(JSON.stringify({ op: "publish", ref: 2, slot: id, token, events: [{ n: 1 }] }));
  await live;
  ws.close(1000);
  assert.equal((await closed).code, 1000);
  assert.deepEqual(frames.slice(0, 2).map(({ op }) => op), ["opened", "live"]);
});

Deno.test("ws server: GET /v1/relay tells the limits, and what the route is for without an upgrade", async () => {
  await using world = await serverWorld();
  const info = await (await fetch(`${world.relay.url}/v1/relay`)).json();
  assert.equal(info.limits.max_batch, 256);
  assert.equal(info.limits.max_frame_bytes, 1_048_576);
  assert.ok(info.features.includes("ws"));
  const plain = await fetch(`${world.relay.url}/v1/ws`);
  assert.equal(plain.status, 400);
  assert.match((await plain.json()).error, /wire\.v1/);
});
