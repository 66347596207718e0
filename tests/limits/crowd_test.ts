/** More connections than there should be, over raw sockets: lesson 47, docs/protocol/relay.md §6. */
import assert from "node:assert/strict";
import { floodSize } from "../runs.ts";
import { WS_PATH, WS_SUBPROTOCOL } from "../../protocol/schemas/ws_frames.ts";
import { type Hostile, HostileWorld, type Slot } from "./hostile_world.ts";

const MANY = floodSize(300);
const SOURCES = 5;

/** Connections of several sources, each of which has sent the beginning of a request. */
async function flood(world: HostileWorld, count: number): Promise<readonly Hostile[]> {
  const hostile: Hostile[] = [];
  for (let n = 0; n < count; n++) {
    const one = world.connect(`127.0.0.${100 + n % SOURCES}`);
    hostile.push(one);
    await one.write(n % 2 === 0 ? "GET /healthz HTTP/1.1\r\nx: " : "");
    await one.opened();
  }
  return hostile;
}

/** A stream of server-sent events that is open, with its first bytes read. */
async function subscriber(world: HostileWorld, slot: Slot): Promise<Hostile> {
  const stream = world.connect();
  await stream.write(
    `GET /v1/events/${slot.slot_id}/stream HTTP/1.1\r\n${world.host}` +
      `authorization: Bearer ${slot.slot_token}\r\n\r\n`,
  );
  await stream.says(/\r\n\r\n/);
  return stream;
}

/** A WebSocket of a client that we did not write, with the slot open and live. */
async function webSocket(world: HostileWorld, { slot_id: slot, slot_token: token }: Slot) {
  const socket = new WebSocket(`${world.url.replace("http", "ws")}${WS_PATH}`, [WS_SUBPROTOCOL]);
  const frames: string[] = [];
  let arrived = Promise.withResolvers<void>();
  const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
  socket.addEventListener("close", () => arrived.resolve());
  socket.addEventListener("message", ({ data }) => {
    frames.push(String(data));
    arrived.resolve();
  });
  const says = async (pattern: RegExp): Promise<void> => {
    while (!frames.some((text) => pattern.test(text))) {
      assert.notEqual(socket.readyState, WebSocket.CLOSED, "the WebSocket is still open");
      await arrived.promise;
      arrived = Promise.withResolvers();
    }
  };
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  socket.send(JSON.stringify({ op: "open", ref: 1, slot, token, since: null }));
  await says(/"op":"live"/);
  return {
    says,
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed;
    },
  };
}

Deno.test(`lesson 47: ${MANY} hostile connections do not stop an existing subscriber`, async () => {
  await using world = await HostileWorld.start({
    limits: {
      maxConnections: Math.floor(MANY * 0.8),
      headersTimeoutMs: 120_000,
      requestTimeoutMs: 120_000,
    },
  });
  const slot = await world.slot();
  const stream = await subscriber(world, slot);
  await using socket = await webSocket(world, slot);
  const hostile = await flood(world, MANY);
  assert.ok(hostile.some(({ isClosed }) => !isClosed), "the flood lasts");
  for (let n = 0; n < 10; n++) {
    await world.post(slot, `event-${n}`);
    await stream.says(new RegExp(`"event-${n}"`));
    await socket.says(new RegExp(`"event-${n}"`));
  }
  assert.ok(!stream.isClosed);
  assert.ok(hostile.some(({ isClosed }) => !isClosed), "it has lasted");
});

Deno.test("P8: a source has its share of connections, and the next source its own", async () => {
  await using world = await HostileWorld.start({ limits: { maxConnectionsPerSource: 20 } });
  const greedy = Array.from({ length: 60 }, () => world.connect("127.0.0.2"));
  await Promise.all(greedy.map((one) => one.opened()));
  const health = `GET /healthz HTTP/1.1\r\n${world.host}connection: close\r\n\r\n`;
  assert.match(await world.send(health, "127.0.0.3"), /ok\n$/);
  assert.equal(await world.send(health, "127.0.0.2"), "");
  assert.equal(greedy.filter(({ isClosed }) => !isClosed).length, 20);
  for (const one of greedy) one.socket.destroy();
  let answer = "";
  for (let n = 0; answer === "" && n < 100; n++) answer = await world.send(health, "127.0.0.2");
  assert.match(answer, /ok\n$/, "those that are gone count no more");
});

Deno.test({
  name: "P8: a relay that may open few files refuses in time, and accepts again afterwards",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using world = await HostileWorld.start({ openFiles: 300 });
    const crowd = await flood(world, 400);
    for (const one of crowd) one.socket.destroy();
    await Promise.all(crowd.map((one) => one.closed()));
    assert.equal(await world.status(), 200);
    await world.slot();
  },
});

Deno.test("P8: behind a proxy the requests of one source are bounded, whatever it claims", async () => {
  await using world = await HostileWorld.start({
    trustProxy: "X-Forwarded-For",
    limits: { maxConnectionsPerSource: 4 },
  });
  const slot = await world.slot();
  const stream = (forwarded: string): string =>
    `GET /v1/events/${slot.slot_id}/stream HTTP/1.1\r\n${world.host}x-forwarded-for: ${forwarded}` +
    `\r\nauthorization: Bearer ${slot.slot_token}\r\n\r\n`;
  const open = async (forwarded: string): Promise<string> => {
    const one = world.connect();
    await one.write(stream(forwarded));
    return await one.says(/\r\n\r\n/);
  };
  for (let n = 0; n < 4; n++) {
    assert.match(await open(`192.0.2.${n}, 198.51.100.7`), /^HTTP\/1\.1 200 /);
  }
  const refused = await world.send(stream("192.0.2.9, 198.51.100.7"));
  assert.match(refused, /^HTTP\/1\.1 429 .*\r\nx-ratelimit-after: 1\r\n/is);
  assert.match(refused, /\r\nretry-after: 1\r\n/i);
  assert.match(refused, /Too Many Requests! Wait for 1s$/);
  assert.match(await open("198.51.100.7, 198.51.100.8"), /^HTTP\/1\.1 200 /);
  assert.match(await open("2001:db8::1"), /^HTTP\/1\.1 200 /);
});

Deno.test("P8: over a socket too, the 51st thing made at once has to wait", async () => {
  // Slowly enough that a busy machine does not give back what it takes long to ask for.
  await using world = await HostileWorld.start({ limits: { perSecond: 1 } });
  const pair =
    `POST /v1/slot/allocate HTTP/1.1\r\n${world.host}content-type: application/json\r\n` +
    "x-forwarded-for: 192.0.2.7\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
  let refused = "";
  for (let n = 0; refused === "" && n < 150; n++) {
    const answer = await world.send(pair, "127.0.0.9");
    if (!answer.startsWith("HTTP/1.1 201 ")) refused = answer;
    else assert.ok(n < 149, "the bucket of one source is not endless");
  }
  assert.match(refused, /^HTTP\/1\.1 429 /);
  assert.match(refused, /\r\nx-ratelimit-after: 1\r\n/i);
  assert.match(refused, /\r\nretry-after: 1\r\n/i);
  assert.match(refused, /Too Many Requests! Wait for 1s$/);
  await world.slot();
});
