/** What a reader may have without acknowledging it, and that a slow one costs little. */
import assert from "node:assert/strict";
import { isSlotId } from "../../protocol/ids.ts";
import { Allowance, Window } from "../../relay/ws/window.ts";
import { hashed } from "../relay/relay_world.ts";
import { GatedStore } from "./gated_store.ts";
import { type Client, SocketWorld } from "./socket_world.ts";

const event = (n: number) => hashed(`"n":${n}`);
const sized = (n: number, bytes: number) => `"${String(n).padEnd(bytes - 2, "x")}"`;

/** Everything that can go on without acks or time has gone on. */
const settled = (world: SocketWorld): Promise<void> => world.clock.settle();

const seqsOf = (client: Client): number[] => client.got().map(({ seq }) => seq);
const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

Deno.test("ws window: so many events un-acked, then nothing until an ack, then just as many more", async () => {
  await using world = new SocketWorld({ windowEvents: 5 });
  const slot = await world.slot();
  for (let n = 1; n <= 12; n++) await world.post(slot, event(n).text);
  const client = world.connect();
  await client.open(slot);
  await settled(world);
  assert.deepEqual(seqsOf(client), upTo(5));
  assert.ok(!client.ops.includes("live"));
  client.ack(slot, 2);
  await settled(world);
  assert.deepEqual(seqsOf(client), upTo(7));
  client.ack(slot, 1);
  await settled(world);
  assert.deepEqual(seqsOf(client), upTo(7), "an older ack takes nothing back and gives nothing");
  client.ack(slot, 7);
  await settled(world);
  assert.deepEqual(seqsOf(client), upTo(12));
  assert.equal(client.ops.filter((op) => op === "live").length, 1);
  await world.post(slot, event(13).text);
  assert.deepEqual(seqsOf(client), upTo(12));
  client.ack(slot, 12);
  await settled(world);
  assert.deepEqual(seqsOf(client), upTo(13));
});

Deno.test("ws window: the protocol's 1,024 events hold for live ones too", async () => {
  await using world = new SocketWorld();
  const slot = await world.slot();
  const client = world.connect();
  const poster = world.connect();
  await client.open(slot);
  for (let batch = 0; batch < 5; batch++) await poster.publish(slot, Array(256).fill("1"));
  await settled(world);
  assert.equal(seqsOf(client).length, 1_024);
  client.ack(slot, 1_024);
  await settled(world);
  assert.deepEqual(seqsOf(client), upTo(1_280));
});

Deno.test("ws window: an ack needs the slot open here and goes no further than what was sent", async () => {
  await using world = new SocketWorld({ windowEvents: 2 });
  const slot = await world.ownedSlot();
  for (let n = 1; n <= 4; n++) await world.post(slot, event(n).text);
  const client = world.connect();
  client.ack(slot, 0);
  await client.until(({ op }) => op === "error");
  assert.deepEqual(client.frames[0], {
    op: "error",
    slot: slot.id,
    code: "bad_frame",
    message: "slot is not open here",
    http: 400,
  });
  await client.open(slot, { since_seq: 1 });
  await client.untilEvents(2);
  client.ack(slot, 4);
  await settled(world);
  assert.equal(client.frames.at(-1)?.["message"], "expected at most seq 3");
  client.ack(slot, 1);
  client.ack(slot, 3);
  await client.untilEvents(3);
  assert.equal(client.frames.filter(({ op }) => op === "error").length, 2);
});

Deno.test("ws window: the owner's ack is kept; one of a shared slot only opens the window", async () => {
  await using world = new SocketWorld({ windowEvents: 2 });
  for (const [slot, acked] of [[await world.ownedSlot(), 2], [await world.slot(), 0]] as const) {
    for (let n = 1; n <= 3; n++) await world.post(slot, event(n).text);
    const client = world.connect();
    await client.open(slot);
    await client.untilEvents(2);
    client.ack(slot, 2);
    await client.untilEvents(3);
    await settled(world);
    assert.ok(isSlotId(slot.id));
    assert.equal(await world.store.acked(slot.id), acked);
  }
});

Deno.test("ws window: bytes bound a slot and a connection, and one event always passes", async () => {
  await using world = new SocketWorld({ windowBytes: 1_000, windowConnectionBytes: 1_500 });
  const [a, b] = [await world.slot(), await world.slot()];
  for (let n = 0; n < 3; n++) {
    await world.post(a, sized(n, 400));
    await world.post(b, sized(n, 400));
  }
  const client = world.connect();
  await client.open(a);
  await settled(world);
  assert.equal(client.got(a.id).length, 2, "1,000 bytes of a slot");
  await client.open(b);
  await settled(world);
  assert.equal(client.got(b.id).length, 1, "1,500 bytes of a connection");
  client.ack(a, 2);
  await settled(world);
  assert.equal(client.got(a.id).length + client.got(b.id).length, 5, "an ack of one helps both");
  const big = await world.slot();
  await world.post(big, sized(9, 5_000));
  const alone = world.connect();
  await alone.open(big);
  await alone.untilEvents(1);
});

Deno.test("lesson 46: ws window: readers that never ack use up the relay's share, and stop nobody", async () => {
  await using world = new SocketWorld({ windowRelayBytes: 2_000 });
  const slot = await world.slot();
  const idle = world.connect();
  await idle.open(slot);
  for (let n = 0; n < 10; n++) await world.post(slot, sized(n, 400));
  await settled(world);
  assert.equal(idle.got().length, 5, "2,000 bytes of the relay");
  const busy = world.connect();
  await busy.open(slot);
  for (let n = 1; n <= 10; n++) {
    await busy.untilEvents(n);
    busy.ack(slot, n);
  }
  assert.equal(idle.got().length, 5);
  idle.events.closed(1006);
  await settled(world);
  const next = world.connect();
  await next.open(slot);
  await settled(world);
  assert.equal(next.got().length, 5, "who leaves gives back what they had");
});

Deno.test("ws window: nothing is read from the store while the socket is full", async () => {
  const store = new GatedStore();
  await using world = new SocketWorld({ maxBufferedBytes: 1_000 }, { store });
  const slot = await world.slot();
  for (let n = 1; n <= 3; n++) await world.post(slot, event(n).text);
  const client = world.connect();
  client.socket.bufferedBytes = 1_001;
  await client.open(slot);
  await settled(world);
  const { reads } = store;
  await world.post(slot, event(4).text);
  await settled(world);
  assert.deepEqual([client.got().length, store.reads], [0, reads]);
  client.socket.drain();
  assert.equal((await client.untilEvents(4)).length, 4);
  client.socket.bufferedBytes = 1_001;
  await world.post(slot, event(5).text);
  await settled(world);
  assert.equal(client.got().length, 4, "live events wait in the store too");
  client.socket.drain();
  assert.deepEqual(seqsOf(client).concat(5), upTo(5));
  await client.untilEvents(5);
});

Deno.test("ws window: an allowance wakes whoever waits, once, and a window gives all back", () => {
  const [connection, relay] = [new Allowance(100), new Allowance(1_000)];
  const limits = { windowEvents: 3, windowBytes: 80 };
  const window = new Window(limits, connection, relay);
  let woken = 0;
  connection.wait(() => woken++);
  window.sent(1, 30);
  window.sent(2, 30);
  assert.deepEqual([window.fits(1, 20), window.fits(1, 21), window.fits(2, 2)], [
    true,
    false,
    false,
  ]);
  window.ack(1);
  window.ack(2);
  assert.deepEqual([woken, connection.used, relay.used, window.events], [1, 0, 0, 0]);
  for (let seq = 3; seq < 1_000; seq++) {
    window.sent(seq, 10);
    window.ack(seq);
  }
  window.sent(1_000, 10);
  window.close();
  assert.deepEqual([connection.used, relay.used], [0, 0]);
});
