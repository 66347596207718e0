/** Clients that are slow on purpose, over raw sockets: docs/protocol/relay.md §6. */
import assert from "node:assert/strict";
import { type Hostile, HostileWorld } from "./hostile_world.ts";

/** Long enough for whoever is polite on a busy machine: what is not would wait for ever. */
const SOON = {
  headersTimeoutMs: 2_000,
  requestTimeoutMs: 2_500,
  idleTimeoutMs: 2_000,
  timeoutCheckMs: 50,
  silenceMs: 3_000,
};
/** What the relay may take at most, compared with itself when idle. */
const GENEROUS = 2;

/** Sends piece after piece, each once the last is out, until the relay has had enough. */
async function drip(hostile: Hostile, head: string, piece: string): Promise<string> {
  await hostile.write(head);
  const dripping = setInterval(() => void hostile.socket.write(piece), 100);
  try {
    return await hostile.closed();
  } finally {
    clearInterval(dripping);
  }
}

Deno.test("P8: headers and bodies that come one byte at a time end at the deadline", async () => {
  await using world = await HostileWorld.start({ limits: SOON });
  const idle = await world.memory();
  const post = `POST /v1/pair HTTP/1.1\r\n${world.host}content-type: application/json\r\n`;
  const attacks: readonly (readonly [string, string])[] = [
    ["", ""],
    ["G", "G"],
    ["GET /healthz HTTP/1.1\r\nx-slow: ", "x"],
    [`GET /healthz HTTP/1.1\r\n${world.host}`, "x: y\r\n"],
    ["", "\r\n"],
    [`${post}content-length: 1000\r\n\r\n`, "x"],
    [`${post}transfer-encoding: chunked\r\n\r\n`, "1\r\nx\r\n"],
    [`${post}transfer-encoding: chunked\r\n\r\n1;`, "extension"],
    [`${post}transfer-encoding: chunked\r\n\r\n0\r\n`, "trailer: x\r\n"],
  ];
  const answers = await Promise.all(
    Array.from({ length: 20 }).flatMap(() =>
      attacks.map(([head, piece]) => drip(world.connect(), head, piece))
    ),
  );
  for (const answer of answers) assert.match(answer, /^(HTTP\/1\.1 4\d\d |$)/);
  assert.equal(await world.status(), 200);
  const { peak } = await world.memory();
  assert.ok(peak < GENEROUS * idle.now, `${peak} bytes, idle ${idle.now}`);
});

Deno.test("P8: a connection that says nothing, or reads nothing, is let go", async () => {
  await using world = await HostileWorld.start({ limits: SOON });
  const silent = world.connect();
  const kept = world.connect();
  await kept.write(`GET /healthz HTTP/1.1\r\n${world.host}\r\n`);
  await kept.says(/ok\n$/);
  const half = world.connect();
  await half.write("GET /healthz HTTP/1.1\r\nhost");
  half.socket.end();
  await Promise.all([silent.closed(), kept.closed(), half.closed()]);
  assert.equal(await world.status(), 200);
});

Deno.test("P8: bodies that are announced and never come take no memory", async () => {
  await using world = await HostileWorld.start({ limits: SOON });
  const idle = await world.memory();
  const head = `POST /v1/pair HTTP/1.1\r\n${world.host}content-type: application/json\r\n` +
    "content-length: 2000000\r\n\r\n{";
  const waiting = Array.from({ length: 300 }, () => world.connect());
  await Promise.all(waiting.map((hostile) => hostile.write(head)));
  assert.equal(await world.status(), 200, "while they wait");
  await Promise.all(waiting.map((hostile) => hostile.closed()));
  const { peak } = await world.memory();
  assert.ok(peak < GENEROUS * idle.now, `${peak} bytes, idle ${idle.now}`);
});
