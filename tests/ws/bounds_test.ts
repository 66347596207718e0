/** P8 for the WebSocket: every bound of docs/protocol/extensions.md §3. */
import assert from "node:assert/strict";
import { RelayMetrics } from "../../relay/metrics.ts";
import { RELAY_LIMITS } from "../../relay/options.ts";
import { hashed } from "../relay/relay_world.ts";
import { Gate, GatedStore } from "./gated_store.ts";
import { type Client, Refused, SocketWorld } from "./socket_world.ts";

const event = (n: number) => hashed(`"n":${n}`);
const codeOf = ({ socket }: Client): number | undefined => socket.closed?.code;

const isRefused = (status: number) => (error: unknown): boolean =>
  error instanceof Refused && error.status === status;

Deno.test("P8: ws: the bounds are those of the protocol page", () => {
  const {
    maxFrameBytes,
    wsAuthMs,
    maxUnauthenticated,
    framesPerSecond,
    errorsPerMinute,
    opensPerMinute,
    maxOpenSlots,
    maxPairWatches,
    maxUnansweredFrames,
    maxUnansweredBytes,
    windowEvents,
    windowBytes,
    windowConnectionBytes,
    windowRelayBytes,
    maxBufferedBytes,
    pingMs,
    wsIdleMs,
    maxStreamsPerSlot,
  } = RELAY_LIMITS;
  assert.deepEqual(
    [maxFrameBytes, wsAuthMs, maxUnauthenticated, framesPerSecond, errorsPerMinute],
    [1_048_576, 10_000, 64, 200, 20],
  );
  assert.deepEqual([opensPerMinute, maxOpenSlots, maxPairWatches], [10, 256, 8]);
  assert.deepEqual([maxUnansweredFrames, maxUnansweredBytes], [32, 8 * 1_048_576]);
  assert.deepEqual(
    [windowEvents, windowBytes, windowConnectionBytes, windowRelayBytes, maxBufferedBytes],
    [1_024, 4 * 1_048_576, 16 * 1_048_576, 256 * 1_048_576, 1_048_576],
  );
  assert.deepEqual([pingMs, wsIdleMs, maxStreamsPerSlot], [30_000, 120_000, 256]);
});

Deno.test("P8: ws: without a good token in ten seconds a connection ends, with one it stays", async () => {
  await using world = new SocketWorld();
  const slot = await world.ownedSlot();
  const grant = await world.grant(slot);
  const [silent, wrong, reader, poster] = [1, 2, 3, 4].map(() => world.connect());
  assert.ok(silent && wrong && reader && poster);
  await wrong.open({ ...slot, token: "x" });
  await wrong.ask({ op: "ping" });
  await reader.open(slot);
  await poster.publish(grant, [event(1).text]);
  await world.clock.advance(9_999);
  assert.equal(silent.socket.closed, undefined);
  await world.clock.advance(1);
  for (const stranger of [silent, wrong]) assert.equal(stranger.socket.closed?.code, 1008);
  for (const known of [reader, poster]) assert.equal(known.socket.closed, undefined);
});

Deno.test("P8: ws: 64 strangers of one source, others and known ones are not counted", async () => {
  await using world = new SocketWorld();
  const slot = await world.slot();
  const clients = Array.from({ length: 64 }, () => world.connect("192.0.2.9"));
  assert.throws(() => world.connect("192.0.2.9"), isRefused(429));
  world.connect("192.0.2.8");
  await clients[0]?.open(slot);
  world.connect("192.0.2.9");
  assert.throws(() => world.connect("192.0.2.9"), isRefused(429));
  clients[1]?.events.closed(1006);
  world.connect("192.0.2.9");
  await world.clock.advance(10_000);
  for (let n = 0; n < 64; n++) world.connect("192.0.2.9");
  assert.throws(() => world.connect("192.0.2.9"), isRefused(429), "known and gone count no more");
});

Deno.test("P8: ws: connections of one source have a ceiling, all listeners together too", async () => {
  await using world = new SocketWorld({ maxConnectionsPerSource: 2, maxSubscriptions: 2 });
  const [a, b] = [await world.slot(), await world.slot()];
  const [first, second] = [world.connect(), world.connect()];
  await first.open(a);
  await second.open(b);
  assert.throws(() => world.connect(), isRefused(429));
  const other = world.connect("192.0.2.8");
  assert.equal((await other.open(a))["code"], "busy");
  first.events.closed(1006);
  assert.equal((await other.open(a))["op"], "opened");
  world.connect();
});

Deno.test("P8: ws: 200 frames a second; acks of open slots and good publishes are not counted", async () => {
  await using world = new SocketWorld();
  const slot = await world.slot();
  const client = world.connect();
  await client.open(slot);
  await client.publish(slot, [event(1).text]);
  await client.untilEvents(1);
  for (let n = 0; n < 1_000; n++) client.ack(slot, 1);
  for (let n = 0; n < 300; n++) client.send({ op: "publish", ref: 9, ...publishOf(slot) });
  for (let n = 0; n < 199; n++) client.send({ op: "ping", ref: 1_000 + n });
  await client.until(({ ref }) => ref === 1_198);
  assert.ok(!client.ops.includes("error"));
  client.send({ op: "ping", ref: 2_000 });
  const { code, http } = await client.until(({ ref }) => ref === 2_000);
  assert.deepEqual([code, http], ["rate_limited", 429]);
  await world.clock.advance(1_000);
  assert.equal((await client.ask({ op: "ping", ref: 2_001 }))["op"], "pong");
});

const publishOf = ({ id, token }: { readonly id: string; readonly token: string }) => ({
  slot: id,
  token,
  events: [JSON.parse(event(1).text)],
});

Deno.test("P8: ws: twenty errors in a minute end a connection; the relay's own and lost slots are none", async () => {
  await using world = new SocketWorld();
  const slot = await world.slot();
  const patient = world.connect();
  await patient.open(slot);
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 19; n++) patient.events.text("{");
    await world.clock.advance(60_000);
    patient.events.heard();
  }
  assert.equal(patient.socket.closed, undefined);
  for (let n = 0; n < 20; n++) patient.events.text("{");
  await world.clock.settle();
  assert.equal(codeOf(patient), 1008);
  const retired = await world.ownedSlot();
  await world.call(`/v1/slot/${retired.id}`, { token: retired.token, method: "DELETE" });
  const mover = world.connect();
  for (let n = 0; n < 30; n++) await mover.open(retired);
  assert.equal(mover.socket.closed, undefined);
});

Deno.test("P8: ws: ten opens of a slot in a minute", async () => {
  await using world = new SocketWorld();
  const [slot, other] = [await world.slot(), await world.slot()];
  const client = world.connect();
  for (let n = 0; n < 10; n++) {
    assert.equal((await client.open(slot))["op"], "opened");
    await client.ask({ op: "close", slot: slot.id });
  }
  assert.equal((await client.open(slot))["code"], "rate_limited");
  assert.equal((await client.open(other))["op"], "opened");
  assert.equal((await world.connect().open(slot))["op"], "opened");
  await world.clock.advance(6_000);
  assert.equal((await client.open(slot))["op"], "opened");
});

Deno.test("P8: ws: so many slots on a connection, so many listeners of a slot, streams counted", async () => {
  await using world = new SocketWorld({ maxOpenSlots: 2, maxStreamsPerSlot: 3 });
  const [a, b, c] = [await world.slot(), await world.slot(), await world.slot()];
  const client = world.connect();
  await client.open(a);
  await client.open(b);
  const full = await client.open(c);
  assert.deepEqual([full["code"], full["http"]], ["busy", 503]);
  const stream = await world.response(`/v1/events/${a.id}/stream`, { token: a.token });
  assert.equal(stream.status, 200);
  await world.connect().open(a);
  const late = world.connect();
  assert.equal((await late.open(a))["code"], "busy");
  await world.clock.advance(10_000);
  assert.equal(late.socket.closed, undefined, "its token was good");
  await stream.body?.cancel();
  await world.clock.settle();
  assert.equal((await late.open(a))["op"], "opened");
});

Deno.test("P8: ws: with 32 unanswered publishes, or 8 MiB of them, the socket is read no more", async () => {
  const gate = new Gate();
  await using world = new SocketWorld({ maxUnansweredBytes: 20_000 }, {
    store: new GatedStore(gate),
  });
  const slot = await world.slot();
  const client = world.connect();
  gate.close();
  const answers = Array.from({ length: 31 }, (_, n) => client.publish(slot, [event(n).text]));
  await world.clock.settle();
  assert.ok(!client.socket.isPaused);
  answers.push(client.publish(slot, [event(31).text]));
  await world.clock.settle();
  assert.ok(client.socket.isPaused);
  gate.open();
  await Promise.all(answers);
  await world.clock.settle();
  assert.ok(!client.socket.isPaused);
  gate.close();
  const large = client.publish(slot, [`"${"x".repeat(20_000)}"`]);
  await world.clock.settle();
  assert.ok(client.socket.isPaused);
  gate.open();
  await large;
  await world.clock.settle();
  assert.ok(!client.socket.isPaused);
});

Deno.test("P8: ws: who asks and reads no answers is not read either, and ends", async () => {
  await using world = new SocketWorld({ maxBufferedBytes: 1_000 });
  const slot = await world.slot();
  const client = world.connect();
  await client.open(slot);
  client.socket.bufferedBytes = 1_001;
  client.send({ op: "ping", ref: 9 });
  await world.clock.settle();
  assert.ok(client.socket.isPaused);
  client.socket.drain();
  assert.ok(!client.socket.isPaused);
  client.socket.bufferedBytes = 1_001;
  client.events.heard();
  assert.ok(client.socket.isPaused, "pings count too");
  await world.clock.advance(120_000);
  assert.equal(codeOf(client), 1001);
});

Deno.test("ws life: pings every thirty seconds, and after two silent minutes the end", async () => {
  await using world = new SocketWorld();
  const slot = await world.slot();
  const [alive, dead] = [world.connect(), world.connect()];
  await alive.open(slot);
  await dead.open(slot);
  for (let n = 1; n <= 4; n++) {
    await world.clock.advance(30_000);
    alive.events.heard();
  }
  assert.equal(alive.socket.pings, 4);
  assert.equal(dead.socket.closed?.code, 1001);
  assert.ok(dead.socket.isDestroyed);
  assert.equal(alive.socket.closed, undefined);
  await world.post(slot, event(1).text);
  await alive.untilEvents(1);
});

Deno.test("P8: ws: a message that comes byte by byte ends, and so do too many half-sent ones", async () => {
  await using world = new SocketWorld({ maxPartialBytes: 1_000 });
  const slot = await world.slot();
  const [slow, quick] = [world.connect(), world.connect()];
  for (const client of [slow, quick]) await client.open(slot);
  slow.events.partial(100);
  quick.events.partial(900);
  quick.events.partial(0);
  await world.clock.advance(29_999);
  slow.events.heard();
  slow.events.partial(101);
  await world.clock.advance(1);
  assert.equal(slow.socket.closed?.code, 1008);
  assert.equal(quick.socket.closed, undefined);
  const greedy = world.connect();
  greedy.events.partial(900);
  quick.events.partial(101);
  assert.equal(codeOf(quick), 1008);
  assert.ok(quick.socket.isDestroyed, "what it sends until it has closed, too, would be kept");
  greedy.events.partial(1_000);
  assert.equal(greedy.socket.closed, undefined, "what others gave back is free");
});

Deno.test("ws: sockets, frames and what is not acknowledged are counted", async () => {
  const metrics = new RelayMetrics();
  await using world = new SocketWorld({}, { metrics });
  const slot = await world.slot();
  const client = world.connect();
  await client.open(slot);
  await world.post(slot, '"12345678"');
  await client.untilEvents(1);
  const text = await metrics.registry.text();
  assert.match(text, /^wire_ws_open 1$/m);
  assert.match(text, /^wire_ws_unacknowledged_bytes 10$/m);
  assert.match(text, /^wire_ws_frames_total\{direction="in"\} 1$/m);
  assert.match(text, /^wire_ws_frames_total\{direction="out"\} 3$/m);
  client.ack(slot, 1);
  client.events.closed(1000);
  const after = await metrics.registry.text();
  assert.match(after, /^wire_ws_open 0$/m);
  assert.match(after, /^wire_ws_unacknowledged_bytes 0$/m);
  assert.match(after, /^wire_ws_closed_total\{code="1000"\} 1$/m);
});

Deno.test("ws: what is no text is an error, and the connection goes on", async () => {
  await using world = new SocketWorld();
  const client = world.connect();
  client.events.binary();
  assert.deepEqual(client.frames, [{
    op: "error",
    code: "bad_frame",
    message: "expected a text frame",
    http: 400,
  }]);
  assert.equal((await client.ask({ op: "ping" }))["op"], "pong");
});

Deno.test("ws life: a stop answers what is on its way, then says 1012", async () => {
  const gate = new Gate();
  const world = new SocketWorld({}, { store: new GatedStore(gate) });
  const slot = await world.slot();
  const [busy, idle] = [world.connect(), world.connect()];
  await idle.open(slot);
  gate.close();
  const answer = busy.publish(slot, [event(1).text]);
  await world.clock.settle();
  world.relay.endStreams();
  await world.clock.settle();
  assert.deepEqual(idle.socket.closed, { code: 1012, reason: "the relay stops" });
  assert.equal(busy.socket.closed, undefined);
  assert.throws(() => world.connect(), isRefused(503));
  gate.open();
  assert.equal((await answer)["op"], "published");
  await world.clock.settle();
  assert.equal(codeOf(busy), 1012);
  await world.relay.close();
});

Deno.test("ws life: a relay that has stopped leaves nothing behind that keeps its process alive", async () => {
  await using world = new SocketWorld();
  const slot = await world.slot();
  await world.connect().open(slot);
  world.connect();
  await world.relay.close();
  assert.equal(world.clock.pending, 0);
});

Deno.test("ws life: a stop does not wait for an answer that never comes", async () => {
  const gate = new Gate();
  const world = new SocketWorld({}, { store: new GatedStore(gate) });
  const slot = await world.slot();
  const client = world.connect();
  gate.close();
  client.send({ op: "publish", ref: 1, ...publishOf(slot) });
  await world.clock.settle();
  world.relay.endStreams();
  await world.clock.advance(1_500);
  assert.equal(client.socket.closed?.code, 1012);
  gate.open();
  await world.relay.close();
});
