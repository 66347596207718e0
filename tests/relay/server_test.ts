/** The relay as a server, over real sockets: docs/protocol/relay.md §2 and §3.1. */
import assert from "node:assert/strict";
import path from "node:path";
import { FakeLog } from "../../platform/fake/log.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import type { Platform } from "../../platform/platform.ts";
import { realPlatform } from "../../platform/real.ts";
import { WireError } from "../../protocol/errors.ts";
import type { RelayOptions } from "../../relay/options.ts";
import { type RunningRelay, startRelay } from "../../relay/serve.ts";

interface World extends AsyncDisposable {
  readonly directory: string;
  readonly platform: Platform;
  start(options?: Partial<RelayOptions>): Promise<RunningRelay & AsyncDisposable>;
}

async function world(): Promise<World> {
  const directory = await Deno.makeTempDir({ prefix: "wire-relay-" });
  const real = realPlatform();
  const platform = {
    ...real,
    log: new FakeLog(),
    env: new FakeEnv({ variables: { WIRE_HOME: directory } }),
  };
  return {
    directory,
    platform,
    async start(options = {}) {
      const relay = await startRelay(
        { bind: "127.0.0.1:0", localOnly: false, ...options },
        platform,
      );
      return { ...relay, [Symbol.asyncDispose]: () => relay.close() };
    },
    async [Symbol.asyncDispose]() {
      real[Symbol.dispose]();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

/** Sends bytes and reads until the server closes. */
async function raw(relay: RunningRelay, text: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
  await connection.write(new TextEncoder().encode(text));
  return await new Response(connection.readable).text();
}

const HEALTH = (host: string): string =>
  `GET /healthz HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;

async function allocate(relay: RunningRelay): Promise<{ slot_id: string; slot_token: string }> {
  const response = await fetch(`${relay.url}/v1/slot/allocate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  assert.equal(response.status, 201);
  return await response.json();
}

const isError = (code: string, message: RegExp) => (error: unknown): boolean =>
  error instanceof WireError && error.code === code && message.test(error.message);

Deno.test("relay server: port 0 is answered with the real port, in both forms", async () => {
  await using w = await world();
  {
    await using relay = await w.start();
    assert.ok(relay.port > 0);
    assert.equal(relay.url, `http://127.0.0.1:${relay.port}`);
    assert.equal(relay.banner, `wire relay-server listening on 127.0.0.1:${relay.port}`);
    assert.equal(await (await fetch(`${relay.url}/healthz`)).text(), "ok\n");
    assert.ok((await Deno.stat(path.join(w.directory, "state/wire-relay/relay.kv"))).isFile);
  }
  await using local = await w.start({ bind: "localhost:0", localOnly: true });
  assert.equal(
    local.banner,
    `wire relay-server (LOCAL-ONLY) listening on localhost:${local.port} — phonebook + ` +
      "well-known endpoints disabled",
  );
  assert.ok((await Deno.stat(path.join(w.directory, "state/wire-relay/local/relay.kv"))).isFile);
});

Deno.test("relay server: local-only refuses what is not loopback, and bad binds say why", async () => {
  await using w = await world();
  for (
    const [bind, host] of [["0.0.0.0:0", "0.0.0.0"], ["[::]:0", "::"], ["192.0.2.1:0", "192.0.2.1"]]
  ) {
    await assert.rejects(
      w.start({ bind: bind ?? "", localOnly: true }),
      (error) =>
        error instanceof WireError && error.message ===
          `--local-only refuses non-loopback bind: "${host}" resolves to ${host} which is not in ` +
            "127.0.0.0/8 or [::1]. Remove --local-only to bind publicly, or use 127.0.0.1 / [::1] " +
            "/ localhost.",
    );
  }
  for (const bind of ["127.0.0.1", "127.0.0.1:99999", "::1:80", ""]) {
    await assert.rejects(
      w.start({ bind }),
      isError("usage", /^binding .*: invalid socket address$/),
    );
  }
  await using relay = await w.start();
  const taken = `127.0.0.1:${relay.port}`;
  const options = { bind: taken, dataDirectory: path.join(w.directory, "other") };
  await assert.rejects(
    w.start(options),
    isError("internal", /^binding 127\.0\.0\.1:\d+: Address already in use \(os error 98\)$/),
  );
  await assert.rejects(w.start(options), isError("internal", /in use/), "its lock is free again");
});

Deno.test("relay server: one relay holds a directory, closed to others, and frees it", async () => {
  await using w = await world();
  const dataDirectory = path.join(w.directory, "data");
  {
    await using _relay = await w.start({ dataDirectory });
    await assert.rejects(
      w.start({ dataDirectory }),
      isError("locked", new RegExp(`held by wire relay-server \\(pid ${Deno.pid}\\)`)),
    );
    if (Deno.build.os !== "windows") {
      assert.equal(((await Deno.stat(dataDirectory)).mode ?? 0) & 0o777, 0o700);
      const kv = await Deno.stat(path.join(dataDirectory, "relay.kv"));
      assert.equal((kv.mode ?? 0) & 0o777, 0o600);
    }
  }
  await using _again = await w.start({ dataDirectory });
});

Deno.test("P7: a damaged or vanished store is not taken for an empty one", async () => {
  await using w = await world();
  const dataDirectory = path.join(w.directory, "data");
  const file = path.join(dataDirectory, "relay.kv");
  {
    await using relay = await w.start({ dataDirectory });
    await allocate(relay);
  }
  const good = await Deno.readFile(file);
  const damages: readonly (readonly [string, Uint8Array | undefined])[] = [
    ["a text", new TextEncoder().encode("not a store ".repeat(100))],
    ["cut in half", good.subarray(0, good.length / 2)],
    ["emptied", new Uint8Array(0)],
    ["gone", undefined],
  ];
  for (const [what, bytes] of damages) {
    if (bytes === undefined) await Deno.remove(file);
    else await Deno.writeFile(file, bytes);
    await assert.rejects(
      w.start({ dataDirectory }),
      isError("unreadable", /^Cannot open the relay's store .*relay\.kv: ./),
      what,
    );
  }
});

Deno.test("P1: what was answered is there after a restart", async () => {
  await using w = await world();
  const slot = await (async () => {
    await using relay = await w.start();
    const slot = await allocate(relay);
    for (const id of ["a", "b"]) {
      const response = await fetch(`${relay.url}/v1/events/${slot.slot_id}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${slot.slot_token}`,
        },
        body: `{"event":{"event_id":"${id}"}}`,
      });
      assert.equal(response.status, 201);
      await response.body?.cancel();
    }
    return slot;
  })();
  await using relay = await w.start();
  const response = await fetch(`${relay.url}/v1/events/${slot.slot_id}?since=a`, {
    headers: { authorization: `Bearer ${slot.slot_token}` },
  });
  assert.equal(await response.text(), '[{"event_id":"b"}]');
});

Deno.test("relay server: closing ends open streams, and waits for none of them", async () => {
  await using w = await world();
  const relay = await w.start();
  const slot = await allocate(relay);
  const stream = await fetch(`${relay.url}/v1/events/${slot.slot_id}/stream`, {
    headers: { authorization: `Bearer ${slot.slot_token}` },
  });
  assert.equal(stream.headers.get("content-type"), "text/event-stream");
  const start = performance.now();
  const [text] = await Promise.all([stream.text(), relay.close()]);
  assert.equal(text, "");
  assert.ok(performance.now() - start < 30_000, "the stream would go on");
  await assert.rejects(fetch(`${relay.url}/healthz`));
});

Deno.test("relay server: a loopback bind wants its own Host", async () => {
  await using w = await world();
  await using relay = await w.start({ allowHosts: ["relay.example.org"] });
  assert.match(await raw(relay, HEALTH("evil.example")), /^HTTP\/1\.1 421 .*--allow-host/s);
  assert.match(await raw(relay, HEALTH(`localhost:${relay.port}`)), /^HTTP\/1\.1 200 /);
  assert.match(await raw(relay, HEALTH("relay.example.org")), /^HTTP\/1\.1 200 /);
});

Deno.test("P8: slow, malformed and oversized requests are cut before any authentication", async () => {
  await using w = await world();
  await using relay = await w.start({
    limits: {
      headersTimeoutMs: 1_500,
      requestTimeoutMs: 2_000,
      timeoutCheckMs: 50,
      maxBodyBytes: 1000,
    },
  });
  const host = `host: 127.0.0.1:${relay.port}\r\n`;
  const start = performance.now();
  const [half, body, broken, large, many, long] = await Promise.all([
    raw(relay, `GET /healthz HTTP/1.1\r\n${host}x-half`),
    raw(
      relay,
      `POST /v1/pair HTTP/1.1\r\n${host}content-type: application/json\r\n` +
        "content-length: 500\r\n\r\n{",
    ),
    raw(relay, "NOT HTTP\r\n\r\n"),
    raw(relay, `GET /healthz HTTP/1.1\r\n${host}x: ${"y".repeat(70_000)}\r\n\r\n`),
    raw(
      relay,
      `GET /healthz HTTP/1.1\r\n${host}connection: close\r\n` +
        Array.from({ length: 120 }, (_, i) => `x-${i}: y\r\n`).join("") + "\r\n",
    ),
    raw(
      relay,
      `POST /v1/pair HTTP/1.1\r\n${host}content-type: application/json\r\n` +
        `connection: close\r\ncontent-length: 1001\r\n\r\n${"x".repeat(1001)}`,
    ),
  ]);
  assert.ok(performance.now() - start < 12_000, "by their own deadlines it would be 15 s");
  assert.match(half, /^(HTTP\/1\.1 408 |$)/);
  assert.match(body, /^(HTTP\/1\.1 4|$)/);
  assert.match(broken, /^HTTP\/1\.1 400 /);
  assert.match(large, /^(HTTP\/1\.1 431 |$)/);
  assert.match(many, /^HTTP\/1\.1 431 /);
  assert.match(long, /^HTTP\/1\.1 413 /);
  assert.equal(await (await fetch(`${relay.url}/healthz`)).text(), "ok\n");
});

Deno.test("relay server: a page of several segments arrives whole", async () => {
  await using w = await world();
  await using relay = await w.start();
  const slot = await allocate(relay);
  const headers = {
    "content-type": "application/json",
    authorization: `Bearer ${slot.slot_token}`,
  };
  const url = `${relay.url}/v1/events/${slot.slot_id}`;
  await Promise.all(Array.from({ length: 12 }, async (_, i) => {
    const event = { event_id: `e${i}`, filling: "x".repeat(100_000) };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ event }) });
    assert.equal(response.status, 201);
    await response.body?.cancel();
  }));
  const events = await (await fetch(url, { headers })).json();
  assert.equal(events.length, 12);
  assert.equal(new Set(events.map((event: { event_id: string }) => event.event_id)).size, 12);
});

Deno.test("relay server: its process gives up starting others", async () => {
  await using w = await world();
  const program = path.join(import.meta.dirname ?? "", "../fault/relay_process.ts");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-prompt", "--no-check", program, w.directory],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await child.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.match(
    new TextDecoder().decode(stdout),
    /^http:\/\/127\.0\.0\.1:\d+\nrun: (prompt|denied)\n$/,
  );
});

Deno.test("relay server: chunked bodies, Expect and HTTP/1.0 work", async () => {
  await using w = await world();
  await using relay = await w.start();
  const head = `host: 127.0.0.1:${relay.port}\r\ncontent-type: application/json\r\n` +
    "connection: close\r\n";
  const post = "POST /v1/slot/allocate HTTP/1.1\r\n";
  assert.match(
    await raw(
      relay,
      `${post}${head}transfer-encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n`,
    ),
    /^HTTP\/1\.1 201 /,
  );
  assert.match(
    await raw(relay, `${post}${head}expect: 100-continue\r\ncontent-length: 2\r\n\r\n{}`),
    /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /,
  );
  const old = await raw(relay, HEALTH(`127.0.0.1:${relay.port}`).replace("HTTP/1.1", "HTTP/1.0"));
  assert.match(old, /^HTTP\/1\.\d 200 [^]*ok\n$/);
  assert.doesNotMatch(old, /^server:/im);
});

Deno.test("P8: connections have a ceiling, and more than that is cut", async () => {
  await using w = await world();
  await using relay = await w.start({ limits: { maxConnections: 1 } });
  using held = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
  const health = HEALTH(`127.0.0.1:${relay.port}`);
  await held.write(new TextEncoder().encode(health.replace("connection: close\r\n", "")));
  await held.read(new Uint8Array(1_000));
  const second = await raw(relay, health).catch((error: unknown) => {
    assert.ok(error instanceof Deno.errors.ConnectionReset);
    return "";
  });
  assert.equal(second, "");
});

Deno.test("lesson 46: a reader that stops reading a page is cut, and delays nobody", async () => {
  await using w = await world();
  await using relay = await w.start({ limits: { writeTimeoutMs: 100, drainMs: 60_000 } });
  const slot = await allocate(relay);
  const url = `${relay.url}/v1/events/${slot.slot_id}`;
  const authorization = `Bearer ${slot.slot_token}`;
  const post = (n: number): Promise<Response> =>
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization },
      body: JSON.stringify({ event: { event_id: `e${n}`, filling: "x".repeat(250_000) } }),
    });
  for (let n = 0; n < 60; n++) {
    const response = await post(n);
    assert.equal(response.status, 201);
    await response.body?.cancel();
  }
  using reader = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
  const request = `GET /v1/events/${slot.slot_id} HTTP/1.1\r\nhost: 127.0.0.1:${relay.port}\r\n` +
    `authorization: ${authorization}\r\n\r\n`;
  await reader.write(new TextEncoder().encode(request));
  const other = await post(60);
  assert.equal(other.status, 201);
  await other.body?.cancel();
  const start = performance.now();
  await relay.close();
  assert.ok(performance.now() - start < 40_000, "it would wait a minute for an open request");
  const got = await new Response(reader.readable).bytes().catch(() => new Uint8Array(0));
  assert.ok(got.length < 15_000_000, `${got.length} of more than 15,000,000 bytes`);
});
