/** The WebSocket on the wire: RFC 6455 as hostile clients see it, over a real socket. */
import assert from "node:assert/strict";
import { joinBytes } from "../../protocol/bytes.ts";
import { serverWorld } from "./relay_server.ts";
import { BINARY, CLOSE, PING, PONG, rawFrame, RawSocket, TEXT } from "./raw_socket.ts";

const CONTINUATION = 0;
const PING_FRAME = '{"op":"ping","ref":1}';
const PONG_ANSWER = { op: "pong", ref: 1 };

Deno.test("ws upgrade: who may not come in is told by HTTP, before any WebSocket", async () => {
  await using world = await serverWorld({ allowOrigins: ["https://good.test"] });
  const { port } = world.relay;
  const cases = [
    [{ "sec-websocket-protocol": "" }, 400],
    [{ "sec-websocket-protocol": "wire.v2, chat" }, 400],
    [{ "sec-websocket-protocol": "chat, wire.v1" }, 101],
    [{ host: "evil.test" }, 421],
    [{ host: `localhost:${port}` }, 101],
    [{ origin: "https://evil.test" }, 403],
    [{ origin: "null" }, 403],
    [{ origin: "https://good.test" }, 101],
    [{ "sec-websocket-version": "12" }, 400],
    [{ "sec-websocket-key": "short" }, 400],
    [{ upgrade: "h2c" }, 400],
    [{ upgrade: "WebSocket" }, 101],
  ] as const;
  for (const [changed, status] of cases) {
    using socket = await RawSocket.connect(port);
    const answer = await socket.upgrade(changed);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), JSON.stringify(changed));
    if (status === 101) assert.match(answer, /sec-websocket-protocol: wire\.v1\r\n/i);
    assert.doesNotMatch(answer, /sec-websocket-extensions/i);
  }
  for (
    const [path, status] of [["/", 404], ["//v1/ws", 101], ["/v1/ws?x=1", 101], [
      "/v1/events/x",
      404,
    ]] as const
  ) {
    using socket = await RawSocket.connect(port);
    assert.match(await socket.upgrade({}, path), new RegExp(`^HTTP/1\\.1 ${status} `), path);
  }
  using compressing = await RawSocket.connect(port);
  const answer = await compressing.upgrade({
    "sec-websocket-extensions": "permessage-deflate; client_max_window_bits",
  });
  assert.match(answer, /^HTTP\/1\.1 101 /);
  assert.doesNotMatch(answer, /extensions/i);
});

Deno.test("ws upgrade: an upgrade to something else is answered as if nobody had asked", async () => {
  await using world = await serverWorld();
  using socket = await RawSocket.connect(world.relay.port);
  const answer = await socket.upgrade(
    { upgrade: "h2c", connection: "Upgrade, HTTP2-Settings" },
    "/healthz",
  );
  assert.match(answer, /^HTTP\/1\.1 200 OK/);
  assert.match(answer, /\r\n\r\nok\n$/);
});

Deno.test("ws bytes: a message in fragments, with pings between them, is one message", async () => {
  await using world = await serverWorld();
  using socket = await RawSocket.open(world.relay.port);
  const pieces = [PING_FRAME.slice(0, 3), PING_FRAME.slice(3, 10), PING_FRAME.slice(10)];
  await socket.send(TEXT, pieces[0] ?? "", { hasMore: true });
  await socket.send(PING, "are you there");
  await socket.send(CONTINUATION, pieces[1] ?? "", { hasMore: true });
  await socket.send(PONG, "unasked");
  const pong = await socket.frame();
  assert.deepEqual([pong?.opcode, new TextDecoder().decode(pong?.payload)], [
    PONG,
    "are you there",
  ]);
  await socket.send(CONTINUATION, pieces[2] ?? "");
  assert.deepEqual(await socket.json(), PONG_ANSWER);
  const bytes = rawFrame(TEXT, PING_FRAME);
  for (const byte of bytes) await socket.write(Uint8Array.of(byte));
  assert.deepEqual(await socket.json(), PONG_ANSWER, "byte by byte");
  await socket.write(Uint8Array.from([...bytes, ...bytes, ...bytes]));
  for (let n = 0; n < 3; n++) assert.deepEqual(await socket.json(), PONG_ANSWER, "three at once");
});

Deno.test("P8: ws bytes: what breaks the protocol ends with the code that says why", async () => {
  await using world = await serverWorld();
  const tooLong = new Uint8Array(1_048_577).fill(32);
  const cases = [
    ["no UTF-8", [rawFrame(TEXT, Uint8Array.of(34, 0xff, 34))], 1007],
    ["UTF-8 cut by the end", [rawFrame(TEXT, Uint8Array.of(34, 0xc3))], 1007],
    ["a surrogate in UTF-8", [rawFrame(TEXT, Uint8Array.of(0xed, 0xa0, 0x80))], 1007],
    ["no mask", [rawFrame(TEXT, PING_FRAME, { isUnmasked: true })], 1002],
    ["a reserved bit", [rawFrame(TEXT, PING_FRAME, { reserved: 0x40 })], 1002],
    ["another reserved bit", [rawFrame(TEXT, PING_FRAME, { reserved: 0x10 })], 1002],
    ["an unknown opcode", [rawFrame(3, "x")], 1002],
    ["an unknown control", [rawFrame(11, "x")], 1002],
    ["a continuation of nothing", [rawFrame(CONTINUATION, "x")], 1002],
    ["a message within another", [
      rawFrame(TEXT, "x", { hasMore: true }),
      rawFrame(TEXT, "y"),
    ], 1002],
    ["a control frame in fragments", [rawFrame(PING, "x", { hasMore: true })], 1002],
    ["a long control frame", [rawFrame(PING, "x".repeat(126))], 1002],
    ["a close code that is none", [rawFrame(CLOSE, Uint8Array.of(3, 0xed))], 1002],
    ["a close of one byte", [rawFrame(CLOSE, "x")], 1002],
    ["a close whose reason is no UTF-8", [rawFrame(CLOSE, Uint8Array.of(3, 232, 0xff))], 1007],
    ["a frame announced too long", [rawFrame(TEXT, tooLong).subarray(0, 14)], 1009],
    ["fragments too long together", [
      rawFrame(TEXT, tooLong.subarray(0, 600_000), { hasMore: true }),
      rawFrame(CONTINUATION, tooLong.subarray(0, 600_000)),
    ], 1009],
    ["a length of 2^63", [Uint8Array.of(0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0)], 1009],
    ["a plain close", [rawFrame(CLOSE, Uint8Array.of(3, 232))], 1000],
  ] as const;
  for (const [what, frames, code] of cases) {
    using socket = await RawSocket.open(world.relay.port);
    for (const frame of frames) await socket.write(frame).catch(() => {});
    assert.equal(await socket.closeCode(), code, what);
  }
  using socket = await RawSocket.open(world.relay.port);
  assert.deepEqual(await socket.ask({ op: "ping", ref: 1 }), PONG_ANSWER, "others go on");
});

Deno.test("ws bytes: a frame of exactly the limit is read, a binary one refused by name", async () => {
  await using world = await serverWorld();
  using socket = await RawSocket.open(world.relay.port);
  await socket.send(TEXT, PING_FRAME.padEnd(1_048_576, " "));
  assert.deepEqual(await socket.json(), PONG_ANSWER);
  await socket.send(BINARY, PING_FRAME);
  assert.deepEqual(await socket.json(), {
    op: "error",
    code: "bad_frame",
    message: "expected a text frame",
    http: 400,
  });
});

Deno.test("P8: ws bytes: a connection that says nothing ends, half a handshake too", async () => {
  await using hasty = await serverWorld({ limits: { wsAuthMs: 50 } });
  using silent = await RawSocket.open(hasty.relay.port);
  assert.equal(await silent.closeCode(), 1008);
  await using world = await serverWorld({ limits: { headersTimeoutMs: 100, timeoutCheckMs: 20 } });
  using half = await RawSocket.connect(world.relay.port);
  await half.write(new TextEncoder().encode("GET /v1/ws HTTP/1.1\r\nupgrade: websocket\r\n"));
  assert.match(await half.rest(), /^HTTP\/1\.1 408 /);
});

Deno.test("P8: ws bytes: a peer that vanished, or answers no ping, is cut", async () => {
  await using world = await serverWorld({ limits: { pingMs: 200, wsIdleMs: 2_000 } });
  const slot = await world.slot();
  using mute = await RawSocket.open(world.relay.port);
  await mute.ask({ op: "open", ref: 1, slot: slot.id, token: slot.token });
  const opcodes: number[] = [];
  for (let frame = await mute.frame(); frame !== undefined; frame = await mute.frame()) {
    opcodes.push(frame.opcode);
  }
  assert.ok(opcodes.includes(PING), "it is asked");
});

Deno.test("P8: ws bytes: of pings without end the newest is answered, and others are served meanwhile", async () => {
  await using world = await serverWorld();
  using socket = await RawSocket.open(world.relay.port);
  const pings = joinBytes(Array(500).fill(rawFrame(PING, "x".repeat(125))));
  for (let sent = 0; sent < 200; sent++) {
    await socket.write(pings);
    if (sent % 50 === 0) await (await fetch(`${world.relay.url}/healthz`)).text();
  }
  await socket.write(rawFrame(PING, "last"));
  let pongs = 0;
  for (let frame = await socket.frame(); frame !== undefined; frame = await socket.frame()) {
    assert.equal(frame.opcode, PONG);
    pongs++;
    if (new TextDecoder().decode(frame.payload) === "last") break;
  }
  assert.ok(pongs > 0 && pongs < 50_000, `${pongs} answers to a hundred thousand pings`);
});

Deno.test("ws bytes: a close is answered and the connection ends, whatever was on its way", async () => {
  await using world = await serverWorld();
  const slot = await world.slot();
  using socket = await RawSocket.open(world.relay.port);
  await socket.ask({ op: "open", ref: 1, slot: slot.id, token: slot.token });
  await socket.write(Uint8Array.from([
    ...rawFrame(
      TEXT,
      `{"op":"publish","ref":2,"slot":"${slot.id}","token":"${slot.token}","events":[1]}`,
    ),
    ...rawFrame(CLOSE, Uint8Array.of(3, 232)),
  ]));
  assert.equal(await socket.closeCode(), 1000);
  assert.equal(await socket.frame(), undefined);
  using reader = await RawSocket.open(world.relay.port);
  const opened = await reader.ask({ op: "open", ref: 1, slot: slot.id, token: slot.token });
  assert.equal(Object(opened)["op"], "opened");
});
