/** Requests made to cost more than they should, over raw sockets: docs/protocol/relay.md §6. */
import assert from "node:assert/strict";
import { HostileWorld } from "./hostile_world.ts";

const GENEROUS = 2;
/** Long enough for whoever is polite on a busy machine. */
const SOON = { requestTimeoutMs: 2_500, headersTimeoutMs: 2_500, timeoutCheckMs: 50 };

Deno.test("P8: requests piled up without reading the answers cut the connection", async () => {
  await using world = await HostileWorld.start();
  const idle = await world.memory();
  const hostile = world.connect();
  hostile.socket.pause();
  const many = `GET /healthz HTTP/1.1\r\n${world.host}\r\n`.repeat(1_000);
  for (let n = 0; n < 100 && !hostile.isClosed; n++) await hostile.write(many);
  hostile.socket.resume();
  await hostile.closed();
  const { peak } = await world.memory();
  assert.ok(peak < GENEROUS * idle.now, `${peak} bytes, idle ${idle.now}`);
  const polite = world.connect();
  const few = `GET /healthz HTTP/1.1\r\n${world.host}\r\n`.repeat(8);
  await polite.write(few);
  const answers = await polite.says(/(ok\n[^]*){8}$/);
  assert.equal(answers.match(/HTTP\/1\.1 200 /g)?.length, 8, "a few are answered in order");
});

Deno.test("P8: a body in chunks of one byte is cut, before they cost more than its bytes", async () => {
  await using world = await HostileWorld.start();
  const idle = await world.memory();
  const head = `POST /v1/pair HTTP/1.1\r\n${world.host}content-type: application/json\r\n` +
    "connection: close\r\ntransfer-encoding: chunked\r\n\r\n";
  const body = "1\r\nx\r\n".repeat(150_000);
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => world.send(`${head}${body}0\r\n\r\n`)),
  );
  assert.deepEqual(answers, ["", "", "", ""]);
  const small = `${head}${"1\r\nx\r\n".repeat(2_000)}0\r\n\r\n`;
  assert.match(await world.send(small), /^HTTP\/1\.1 400 /, "a few are a body like any other");
  const { peak } = await world.memory();
  assert.ok(peak < GENEROUS * idle.now, `${peak} bytes, idle ${idle.now}`);
});

Deno.test("P8: endless headers, trailers and chunk extensions are cut", async () => {
  await using world = await HostileWorld.start({ limits: SOON });
  const idle = await world.memory();
  const post = `POST /v1/pair HTTP/1.1\r\n${world.host}content-type: application/json\r\n` +
    "transfer-encoding: chunked\r\n\r\n";
  const endless: readonly (readonly [string, string])[] = [
    [`GET /${"x".repeat(60_000)}`, "x".repeat(60_000)],
    [`GET /healthz HTTP/1.1\r\n${world.host}x: `, "y".repeat(60_000)],
    [`GET /healthz HTTP/1.1\r\n${world.host}`, "x: y\r\n".repeat(10_000)],
    [`${post}1;x=`, "y".repeat(60_000)],
    [`${post}0\r\n`, "x: y\r\n".repeat(10_000)],
    [`${post}10000000\r\n`, "x".repeat(60_000)],
  ];
  await Promise.all(endless.map(async ([head, more]) => {
    const hostile = world.connect();
    await hostile.write(head);
    while (!hostile.isClosed) {
      await hostile.write(more);
      await new Promise((resolve) => setTimeout(resolve, 5)); // the relay has other clients too
    }
    assert.match(hostile.text, /^(HTTP\/1\.1 4\d\d |$)/);
  }));
  assert.equal(await world.status(), 200);
  const { peak } = await world.memory();
  assert.ok(peak < GENEROUS * idle.now, `${peak} bytes, idle ${idle.now}`);
});

Deno.test("P8: what may be read in two ways is refused, and other protocols are not spoken", async () => {
  await using world = await HostileWorld.start({ limits: SOON });
  const post = `POST /v1/pair HTTP/1.1\r\n${world.host}content-type: application/json\r\n`;
  const refused = [
    `${post}transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n`,
    `${post}content-length: 5\r\ncontent-length: 6\r\n\r\nabcdef`,
    `${post}content-length: +5\r\n\r\nabcde`,
    `${post}transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc`,
    `${post}transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
    "GET /healthz HTTP/1.1\nhost: x\n\n",
    "GET /healthz HTTP/1.1\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nhost : x\r\n\r\n",
    "CONNECT example.org:443 HTTP/1.1\r\nhost: example.org:443\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  ];
  for (const text of refused) {
    const answer = await world.send(text);
    assert.match(answer, /^(HTTP\/1\.1 4\d\d |$)/, JSON.stringify(text));
    assert.doesNotMatch(answer, /HTTP\/1\.1 [^4]/, JSON.stringify(text));
  }
  assert.equal(await world.status(), 200);
});
