import assert from "node:assert/strict";
import fc from "fast-check";
import { FakeClock } from "../platform/fake/clock.ts";
import { FakeLocalSockets } from "../platform/fake/local_sockets.ts";
import { FakeLog } from "../platform/fake/log.ts";
import type { LocalConnection } from "../platform/local_sockets.ts";
import { WireError } from "../protocol/errors.ts";
import { testRuns } from "../tests/runs.ts";
import { ask, subscribe } from "./client.ts";
import type { Answer, Handler } from "./handler.ts";
import type { IpcLimits } from "./limits.ts";
import { IpcServer } from "./server.ts";

const ADDRESS = { tag: "unix", path: "/run/test.sock" } as const;
const OPEN = { address: ADDRESS, token: undefined };

class Served implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly localSockets = new FakeLocalSockets();
  readonly log = new FakeLog();
  readonly server: IpcServer;
  readonly never = new AbortController();

  constructor(
    handler: Handler = echo,
    { limits, token }: { limits?: Partial<IpcLimits>; token?: string } = {},
  ) {
    const listener = this.localSockets.listen(ADDRESS);
    this.server = new IpcServer(listener, handler, { ...this, limits: limits ?? {}, token });
  }

  async connection(): Promise<LocalConnection> {
    const connection = await this.localSockets.connect(ADDRESS);
    assert.ok(connection !== undefined);
    return connection;
  }

  ask(request: Record<string, string>, token?: string) {
    const server = { address: ADDRESS, token };
    return ask(this, { server, request }, { deadlineMs: 1_000 });
  }

  /** What the server says to these bytes until it closes. */
  async said(text: string | Uint8Array): Promise<string> {
    const connection = await this.connection();
    await connection.write(typeof text === "string" ? new TextEncoder().encode(text) : text);
    return await everything(connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
  }
}

async function everything(connection: LocalConnection): Promise<string> {
  let said = "";
  for (;;) {
    const bytes = await connection.read();
    if (bytes === undefined) return said;
    said += new TextDecoder().decode(bytes);
  }
}

const echo: Handler = (request): Promise<Answer> =>
  Promise.resolve({ tag: "reply", reply: { kind: "echo", of: request } });

Deno.test("a request has its answer, and the connection its end", async () => {
  await using world = new Served();
  const reply = await world.said('{"kind":"ping"}\n{"kind":"ignored"}\n');
  assert.equal(reply, '{"kind":"echo","of":{"kind":"ping"}}\n');
  const asked = await world.ask({ kind: "ping" });
  assert.equal(JSON.stringify(asked.tag === "reply" && asked.reply), reply.trimEnd());
  await world.clock.settle();
  assert.equal(world.server.size, 0);
});

Deno.test("what is no request is told so, in a line with a code (guard §3.7)", async () => {
  await using world = new Served();
  const malformed = [
    "\n",
    "hello\n",
    "{}\n",
    '{"kind":"a","kind":"a"}\n',
    new Uint8Array([255, 10]),
  ];
  for (const text of malformed) {
    const said = JSON.parse(await world.said(text));
    assert.equal(said.kind, "error");
    assert.match(said.code, /^bad_(json|input)$/);
    assert.equal(typeof said.message, "string");
  }
});

Deno.test("no bytes stop the server, and every connection has its end", async () => {
  await using world = new Served(echo, { limits: { requestBytes: 200 } });
  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.constantFrom('{"kind":', '"a"}', "\n", "{}\n").map((text) => new TextEncoder().encode(text)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { maxLength: 8 }), fc.boolean(), async (chunks, leaves) => {
      const connection = await world.connection();
      for (const bytes of chunks) await connection.write(bytes);
      if (leaves) connection.close();
      await world.clock.settle();
      await world.clock.advance(5_000);
      assert.equal(world.server.size, 0);
      const said = await everything(connection);
      if (said !== "") assert.match(JSON.parse(said).kind, /^(echo|error)$/);
    }),
    { numRuns: testRuns(60) },
  );
  assert.equal((await world.ask({ kind: "ping" })).tag, "reply");
});

Deno.test("a connection that only looks is no fault: no answer, no line in the log", async () => {
  await using world = new Served();
  const connection = await world.connection();
  connection.close();
  await world.clock.settle();
  assert.equal(world.server.size, 0);
  assert.deepEqual(world.log.entries, []);
});

Deno.test("what a handler refuses is told; a fault of ours is told without its reason", async () => {
  const handler: Handler = (request) =>
    Promise.reject(
      request["kind"] === "no"
        ? new WireError("refused", "Cannot do that: no")
        : new TypeError("secret"),
    );
  await using world = new Served(handler);
  assert.deepEqual(await world.ask({ kind: "no" }), {
    tag: "refused",
    code: "refused",
    message: "Cannot do that: no",
  });
  const fault = await world.ask({ kind: "fault" });
  assert.equal(fault.tag === "refused" && fault.code, "internal");
  assert.doesNotMatch(JSON.stringify(fault), /secret/);
});

Deno.test("P8: a silent client is let go after its time, and harms nobody meanwhile", async () => {
  await using world = new Served();
  const silent = await world.connection();
  const half = await world.connection();
  await half.write(new TextEncoder().encode('{"kind":'));
  assert.equal((await world.ask({ kind: "ping" })).tag, "reply");
  const told = Promise.all([everything(silent), everything(half)]);
  await world.clock.advance(5_000);
  for (const text of await told) assert.equal(JSON.parse(text).code, "timed_out");
  assert.equal(world.server.size, 0);
});

Deno.test("lesson 47: with all places taken by the silent, the next one takes the oldest's", async () => {
  await using world = new Served(echo, { limits: { connections: 4 } });
  const silent = await Promise.all(Array.from({ length: 6 }, () => world.connection()));
  await world.clock.settle();
  assert.equal(world.server.size, 4);
  const asked = world.ask({ kind: "ping" });
  await world.clock.advance(250);
  assert.equal((await asked).tag, "reply");
  for (const connection of silent.slice(0, 3)) assert.equal(await everything(connection), "");
});

Deno.test("with all places taken by work, the next one is told that", async () => {
  const handler: Handler = () => new Promise(() => {});
  await using world = new Served(handler, { limits: { connections: 2 } });
  const waiting = [world.ask({ kind: "slow" }), world.ask({ kind: "slow" })];
  await world.clock.settle();
  const third = await world.ask({ kind: "slow" });
  assert.equal(third.tag === "refused" && third.code, "busy");
  await world.clock.advance(1_000);
  for (const reply of await Promise.all(waiting)) assert.equal(reply.tag, "silent");
});

Deno.test("P8: a handler that does not answer is answered for", async () => {
  await using world = new Served(() => new Promise(() => {}));
  const said = world.said('{"kind":"slow"}\n');
  await world.clock.settle();
  await world.clock.advance(10_000);
  assert.equal(JSON.parse(await said).code, "timed_out");
});

Deno.test("P8: requests that do not end share one bounded room, and give it back", async () => {
  await using world = new Served(echo, { limits: { requestBytes: 1_000, unfinishedBytes: 1_500 } });
  const halves = await Promise.all([world.connection(), world.connection()]);
  for (const half of halves) await half.write(new TextEncoder().encode("x".repeat(900)));
  await world.clock.settle();
  assert.equal(world.server.size, 1, "the second found no room");
  assert.equal((await world.ask({ kind: "ping" })).tag, "reply");
  const [first] = halves;
  first?.close();
  await world.clock.settle();
  const long = JSON.stringify({ kind: "ping", x: "x".repeat(900) });
  assert.match(await world.said(`${long}\n`), /"echo"/);
  assert.equal(JSON.parse(await world.said("x".repeat(1_000))).code, "bad_input");
});

Deno.test("P8: an answer that nobody takes is given up", async () => {
  const big = "x".repeat(300_000);
  const handler: Handler = () => Promise.resolve({ tag: "reply", reply: { kind: "big", big } });
  await using world = new Served(handler);
  const one = await world.connection();
  await one.write(new TextEncoder().encode('{"kind":"big"}\n'));
  await one.write(new TextEncoder().encode("more".repeat(10)));
  await world.clock.settle();
  await world.clock.advance(5_000);
  assert.equal(world.server.size, 0);
});

Deno.test("where everybody can connect, only the home's token opens", async () => {
  const token = "ab".repeat(32);
  await using world = new Served(echo, { token });
  assert.equal((await world.ask({ kind: "ping" }, token)).tag, "reply");
  for (const wrong of [undefined, "", "ab", "cd".repeat(32), "AB".repeat(32)]) {
    const reply = await world.ask({ kind: "ping" }, wrong);
    assert.equal(reply.tag === "refused" && reply.code, "refused");
  }
});

/** Numbers until the caller goes. */
const counting = (ended: () => void): Handler => (_, { signal }) =>
  Promise.resolve({
    tag: "stream",
    items: (async function* () {
      try {
        for (let count = 0; !signal.aborted; count++) {
          yield { kind: "count", count, filler: "x".repeat(1_000) };
          await Promise.resolve();
        }
      } finally {
        ended();
      }
    })(),
  });

Deno.test("a stream goes on until the caller leaves", async () => {
  const ended = Promise.withResolvers<void>();
  await using world = new Served(counting(ended.resolve));
  const options = { deadlineMs: 1_000, signal: world.never.signal };
  let seen = 0;
  for await (const item of subscribe(world, { server: OPEN, request: { kind: "w" } }, options)) {
    assert.equal(item["kind"], "count");
    if (++seen === 50) break;
  }
  await ended.promise;
  await world.clock.settle();
  assert.equal(world.server.size, 0);
});

Deno.test("P8: a stream that nobody reads waits, holds a bounded amount, and is cut in the end", async () => {
  let sent = 0;
  const handler: Handler = (_, { signal }) =>
    Promise.resolve({
      tag: "stream",
      items: (async function* () {
        while (!signal.aborted) {
          sent++;
          yield { kind: "x", filler: "x".repeat(1_000) };
        }
      })(),
    });
  await using world = new Served(handler);
  const stuck = await world.connection();
  await stuck.write(new TextEncoder().encode('{"kind":"w"}\n'));
  await world.clock.settle();
  const before = sent;
  assert.ok(before < 300, `${before} messages of 1 kB for a reader that reads nothing`);
  await world.clock.advance(29_000);
  assert.equal(sent, before);
  assert.equal(world.server.size, 1);
  await world.clock.advance(1_000);
  assert.equal(world.server.size, 0);
});

Deno.test("one watcher more than there is room for is told so", async () => {
  await using world = new Served(counting(() => {}), { limits: { streams: 1 } });
  const options = { deadlineMs: 1_000, signal: world.never.signal };
  const first = subscribe(world, { server: OPEN, request: { kind: "w" } }, options);
  assert.ok((await first.next()).done !== true);
  const reply = await world.ask({ kind: "w" });
  assert.equal(reply.tag === "refused" && reply.code, "busy");
  await first.return();
});

Deno.test("the end of the server ends everything at once, whatever it waits for", async () => {
  const world = new Served(() => new Promise(() => {}));
  const silent = await world.connection();
  const waiting = world.ask({ kind: "slow" });
  await world.clock.settle();
  await world.server.close();
  assert.equal((await waiting).tag, "silent");
  assert.equal(await everything(silent), "");
  assert.equal(await world.localSockets.connect(ADDRESS), undefined);
});

Deno.test("who does not answer in time does not answer, to a question or to a watcher", async () => {
  const world = { clock: new FakeClock(), localSockets: new FakeLocalSockets() };
  const listener = world.localSockets.listen(ADDRESS);
  const request = { kind: "ping" };
  const signal = new AbortController().signal;
  const asked = ask(world, { server: OPEN, request }, { deadlineMs: 250 });
  const items = Array.fromAsync(
    subscribe(world, { server: OPEN, request }, { deadlineMs: 250, signal }),
  );
  await world.clock.settle();
  await world.clock.advance(250);
  assert.equal((await asked).tag, "silent");
  assert.deepEqual(await items, []);
  listener.close();
  assert.equal((await ask(world, { server: OPEN, request }, { deadlineMs: 250 })).tag, "silent");
});

Deno.test("another program's answer is no answer", async () => {
  const world = { clock: new FakeClock(), localSockets: new FakeLocalSockets() };
  const listener = world.localSockets.listen(ADDRESS);
  const asked = ask(world, { server: OPEN, request: { kind: "x" } }, { deadlineMs: 250 });
  const connection = await listener.accept();
  await connection?.write(new TextEncoder().encode("SSH-2.0-OpenSSH_9\r\n"));
  assert.equal((await asked).tag, "silent");
  connection?.close();
  listener.close();
});
