/** A relay as its operator sees it: metrics, readiness, logs, a Unix socket, permissions. */
import assert from "node:assert/strict";
import path from "node:path";
import { FakeEnv } from "../../platform/fake/env.ts";
import { FakeLog } from "../../platform/fake/log.ts";
import { realPlatform } from "../../platform/real.ts";
import { WireError } from "../../protocol/errors.ts";
import type { RelayOptions } from "../../relay/options.ts";
import { type RunningRelay, startRelay } from "../../relay/serve.ts";
import { startWire } from "../../scripts/wire_process.ts";
import { failure } from "../failure.ts";
import { readPrometheus } from "./prometheus.ts";

interface World extends AsyncDisposable {
  readonly directory: string;
  readonly log: FakeLog;
  start(options?: Partial<RelayOptions>): Promise<RunningRelay & AsyncDisposable>;
}

async function world(): Promise<World> {
  const directory = await Deno.makeTempDir({ prefix: "wire-operations-" });
  const real = realPlatform();
  const log = new FakeLog();
  const env = new FakeEnv({ variables: { WIRE_HOME: directory } });
  return {
    directory,
    log,
    async start(options = {}) {
      const relay = await startRelay(
        { bind: "127.0.0.1:0", localOnly: false, ...options },
        { ...real, log, env },
      );
      return { ...relay, [Symbol.asyncDispose]: () => relay.close() };
    },
    async [Symbol.asyncDispose]() {
      real[Symbol.dispose]();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

async function overSocket(socket: string, request: string): Promise<string> {
  using connection = await Deno.connect({ transport: "unix", path: socket });
  await connection.write(new TextEncoder().encode(request));
  return await new Response(connection.readable).text();
}

const get = (target: string, headers = ""): string =>
  `GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${headers}\r\n`;

const post = (target: string, body: string, headers = ""): string =>
  `POST ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${headers}` +
  `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

const bodyOf = (answer: string): string => answer.slice(answer.indexOf("\r\n\r\n") + 4);

Deno.test("relay metrics: on an address of their own, in text that a strict reader takes", async () => {
  await using w = await world();
  await using relay = await w.start({ metricsBind: "127.0.0.1:0" });
  const { metricsUrl = "" } = relay;
  for (const target of ["/metrics", "/healthz", "/nope", "/i/0123456789abcdef", "/v1/relay"]) {
    await (await fetch(relay.url + target)).body?.cancel();
  }
  const response = await fetch(metricsUrl);
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  const families = readPrometheus(text);
  const requests = families.get("wire_http_requests_total");
  assert.equal(requests?.type, "counter");
  const of = (route: string) => requests.samples.find(({ labels }) => labels["route"] === route);
  assert.deepEqual(of("/healthz"), {
    name: "wire_http_requests_total",
    labels: { method: "GET", route: "/healthz", status: "200" },
    value: 1,
  });
  assert.equal(of("none")?.value, 2); // no /metrics here
  assert.equal(of("/i/:token")?.labels["status"], "404");
  assert.equal(families.get("wire_http_request_duration_seconds")?.type, "histogram");
  assert.doesNotMatch(text, /0123456789abcdef|127\.0\.0\.1/);
});

Deno.test("relay metrics: events are counted by what became of them, never by where", async () => {
  await using w = await world();
  await using relay = await w.start({ metricsBind: "127.0.0.1:0" });
  const send = async (target: string, body: unknown, token = "") => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return await (await fetch(relay.url + target, init)).json();
  };
  const slot = await send("/v1/slot/allocate", {});
  for (let i = 0; i < 2; i++) {
    await send(`/v1/events/${slot.slot_id}`, { event: { event_id: "a" } }, slot.slot_token);
  }
  const text = await (await fetch(relay.metricsUrl ?? "")).text();
  const samples = readPrometheus(text).get("wire_events_total")?.samples ?? [];
  const of = (outcome: string) => samples.find(({ labels }) => labels["outcome"] === outcome);
  assert.deepEqual(of("stored")?.labels, { outcome: "stored", via: "http" });
  assert.equal(of("stored")?.value, 1);
  assert.equal(of("duplicate")?.value, 1);
  assert.match(text, /^wire_slots_active 1$/m);
  assert.ok(!text.includes(slot.slot_id));
});

Deno.test("relay metrics: other paths, methods and Hosts are refused there", async () => {
  await using w = await world();
  await using relay = await w.start({ metricsBind: "127.0.0.1:0" });
  const { metricsUrl = "" } = relay;
  const status = async (url: string, init: RequestInit = {}) => {
    const response = await fetch(url, init);
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await status(metricsUrl, { method: "POST" }), 405);
  assert.equal(await status(new URL("/v1/relay", metricsUrl).href), 404);
  assert.equal(await status(new URL("/healthz", metricsUrl).href), 200);
  assert.equal(await status(new URL("/readyz", metricsUrl).href), 200);
  assert.equal(await status(metricsUrl, { headers: { origin: "https://evil.example" } }), 403);
  using connection = await Deno.connect({ port: Number(new URL(metricsUrl).port) });
  await connection.write(new TextEncoder().encode(
    "GET /metrics HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n",
  ));
  assert.match(await new Response(connection.readable).text(), /^HTTP\/1\.1 421 /);
});

Deno.test("relay: a metrics address that is taken stops the start, and frees the store", async () => {
  await using w = await world();
  await using other = await w.start({ dataDirectory: path.join(w.directory, "other") });
  const taken = `127.0.0.1:${other.port}`;
  const error = await failure(w.start({ metricsBind: taken }));
  assert.match(error.message, new RegExp(`binding ${taken}: Address already in use`));
  await using relay = await w.start();
  assert.ok(relay.port > 0);
});

Deno.test("relay: readyz answers 200, and each answer names its request", async () => {
  await using w = await world();
  await using relay = await w.start();
  const response = await fetch(`${relay.url}/readyz`, { headers: { "x-request-id": "abc-1" } });
  assert.equal(response.status, 200);
  assert.equal(await response.text(), "ready\n");
  assert.equal(response.headers.get("x-request-id"), "abc-1");
  const line = w.log.entries.find(({ data }) => data["request_id"] === "abc-1");
  assert.equal(line?.data["path"], "/readyz");
});

Deno.test("relay --uds: one user's socket, local routes, a store of its own", async () => {
  await using w = await world();
  const socket = path.join(w.directory, "relay.sock");
  {
    await using relay = await w.start({ unixSocket: socket, bind: "192.0.2.7:1" });
    assert.equal(relay.url, `unix://${socket}`);
    assert.equal(((await Deno.lstat(socket)).mode ?? 0) & 0o777, 0o600);
    assert.match(await overSocket(socket, get("/healthz")), /^HTTP\/1\.1 200 [^]*\r\n\r\nok\n$/);
    assert.match(await overSocket(socket, get("/v1/handles")), /^HTTP\/1\.1 404 /);
    const slot = JSON.parse(bodyOf(await overSocket(socket, post("/v1/slot/allocate", "{}"))));
    const auth = `authorization: Bearer ${slot.slot_token}\r\n`;
    for (let i = 0; i < 3; i++) {
      const event = JSON.stringify({ event: { event_id: `e${i}`, z: "x".repeat(60_000) } });
      const answer = await overSocket(socket, post(`/v1/events/${slot.slot_id}`, event, auth));
      assert.match(answer, /^HTTP\/1\.1 201 /);
    }
    const listed = await overSocket(socket, get(`/v1/events/${slot.slot_id}`, auth));
    assert.doesNotMatch(listed, /transfer-encoding/i);
    assert.equal(JSON.parse(bodyOf(listed)).length, 3);
    assert.ok((await Deno.stat(path.join(w.directory, "state/wire-relay/uds/relay.kv"))).isFile);
  }
  await assert.rejects(Deno.lstat(socket), Deno.errors.NotFound);
});

Deno.test("relay --uds: a socket left behind is replaced, one in use and other files are not", async () => {
  await using w = await world();
  const socket = path.join(w.directory, "relay.sock");
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `Deno.listen({ transport: "unix", path: ${
        JSON.stringify(socket)
      } }); Deno.kill(Deno.pid, "SIGKILL")`,
    ],
    stderr: "null",
  });
  await child.output();
  assert.ok((await Deno.lstat(socket)).isSocket, "the kill left no socket");
  {
    await using _relay = await w.start({ unixSocket: socket });
    const second = path.join(w.directory, "second");
    const error = await failure(w.start({ unixSocket: socket, dataDirectory: second }));
    assert.equal(error.code, "locked");
    assert.match(await overSocket(socket, get("/healthz")), /ok\n$/);
  }
  await Deno.writeTextFile(socket, "mine");
  assert.match((await failure(w.start({ unixSocket: socket }))).message, /not a socket/);
  assert.equal(await Deno.readTextFile(socket), "mine");
  const long = path.join(w.directory, "x".repeat(120));
  assert.ok(await failure(w.start({ unixSocket: long })) instanceof WireError);
});

Deno.test("relay: while it stops, an open request is answered, its connection ends, readyz says so", async () => {
  await using w = await world();
  await using relay = await w.start({ metricsBind: "127.0.0.1:0" });
  using connection = await Deno.connect({ port: relay.port, hostname: "127.0.0.1" });
  const send = (text: string) => connection.write(new TextEncoder().encode(text));
  await send(
    `POST /v1/slot/allocate HTTP/1.1\r\nhost: 127.0.0.1:${relay.port}\r\n` +
      "content-type: application/json\r\ncontent-length: 2\r\n\r\n{",
  );
  // The request is there once the relay counts it.
  const metrics = async () => readPrometheus(await (await fetch(relay.metricsUrl ?? "")).text());
  const inFlight = async () =>
    (await metrics()).get("wire_http_requests_in_flight")?.samples[0]?.value;
  for (let asked = 0; await inFlight() !== 1; asked++) {
    assert.ok(asked < 1_000, "the request never came");
  }
  const closed = relay.close();
  const ready = await fetch(new URL("/readyz", relay.metricsUrl));
  assert.equal(ready.status, 503);
  assert.equal(await ready.text(), "not ready: shutting down\n");
  await send("}");
  const answer = await new Response(connection.readable).text();
  assert.match(answer, /^HTTP\/1\.1 201 /);
  assert.match(answer, /\r\nconnection: close\r\n/i);
  await closed;
  await assert.rejects(fetch(`${relay.url}/healthz`), TypeError);
});

/** A relay in a process of its own, which may ask for nothing that was given up. */
const DROPPED = `
  import { startRelay } from "./relay/serve.ts";
  import { realPlatform } from "./platform/real.ts";
  const [home] = Deno.args;
  const relay = await startRelay({
    bind: "127.0.0.1:0", localOnly: false, dropPermissions: true, metricsBind: "127.0.0.1:0",
    dataDirectory: home + "/data",
  }, realPlatform());
  const unix = await startRelay({
    bind: "", localOnly: true, dropPermissions: true, unixSocket: home + "/s",
    dataDirectory: home + "/uds",
  }, realPlatform());
  const seen = [];
  for (const name of ["run", "ffi"]) seen.push((await Deno.permissions.query({ name })).state);
  const urls = ["/", "/stats.html", "/openapi.json", "/readyz"].map((at) => relay.url + at);
  for (const url of [...urls, relay.metricsUrl]) seen.push((await fetch(url)).status);
  seen.push(unix.url);
  await unix.close();
  await relay.close();
  console.log(JSON.stringify(seen));
  Deno.exit(0);
`;

Deno.test("relay: with metrics, pages and a socket its process still gives up starting others", async () => {
  const home = await Deno.makeTempDir({ prefix: "wire-dropped-" });
  const root = new URL("../../", import.meta.url);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--quiet",
      "--no-check",
      "--config",
      new URL("deno.json", root).pathname,
      DROPPED,
      home,
    ],
    cwd: root,
    stdin: "null",
  });
  const { stdout, stderr } = await child.output();
  const said = new TextDecoder().decode(stdout);
  assert.notEqual(said, "", new TextDecoder().decode(stderr));
  const [run, ffi, ...rest] = JSON.parse(said);
  assert.notEqual(run, "granted");
  assert.notEqual(ffi, "granted");
  assert.deepEqual(rest, [200, 200, 200, 200, 200, `unix://${home}/s`]);
  await Deno.remove(home, { recursive: true });
});

Deno.test("relay --uds --log json: every line on stderr is JSON, from listening to stopped", async () => {
  const home = await Deno.makeTempDir({ prefix: "wire-log-" });
  const socket = path.join(home, "relay.sock");
  {
    const args = ["relay-server", "--uds", socket, "--log", "json"];
    await using relay = startWire(args, { home, env: { WIRE_LOG: "debug" } });
    await relay.line("stderr", /"message":"listening"/);
    const secret = "0123456789abcdef0123456789abcdef";
    await overSocket(
      socket,
      get(`/v1/pair/${secret}?as_role=host`, "authorization: Bearer s3cret\r\n"),
    );
    relay.kill("SIGTERM");
    const { code, stderr } = await relay.finished();
    assert.equal(code, 0);
    const lines = stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ message }) => message), [
      "listening",
      "request",
      "stopping",
      "stopped",
    ]);
    assert.equal(lines[0].relay_url, `unix://${socket}`);
    assert.equal(lines[1].path, "/v1/pair/<pair_id>");
    assert.ok(
      !stderr.includes(secret) && !stderr.includes("s3cret") && !stderr.includes("as_role"),
    );
  }
  await assert.rejects(Deno.lstat(socket), Deno.errors.NotFound);
  await Deno.remove(home, { recursive: true });
});
