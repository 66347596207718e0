/** What happens around the routes: docs/protocol/relay.md §3 and §4, docs/protocol/extensions.md §1. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { RelayInfo } from "../../protocol/schemas/relay_api.ts";
import { loopbackRules, refuseForeign } from "../../relay/host_guard.ts";
import { ROUTES } from "../../relay/routes.ts";
import { testRuns } from "../runs.ts";
import { RelayWorld, shown } from "./relay_world.ts";

Deno.test("relay: healthz answers ok and announces what exists", async () => {
  await using world = new RelayWorld();
  const answer = await world.call("/healthz");
  assert.equal(shown(answer), "200 ok\n");
  assert.equal(answer.headers.get("content-type"), "text/plain; charset=utf-8");
  assert.equal(answer.headers.get("wire-relay"), 'features="grants ws receipts retention pair2"');
});

Deno.test("relay: /v1/relay says what this relay is, cacheable for a minute", async () => {
  await using world = new RelayWorld();
  const answer = await world.call("/v1/relay");
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("cache-control"), "public, max-age=60");
  const info = RelayInfo.parse(JSON.parse(answer.text));
  assert.deepEqual(info.features, ["grants", "ws", "receipts", "retention", "pair2"]);
  assert.equal(info.limits.max_event_bytes, 262_144);
  assert.equal(info.limits.max_slot_bytes, 67_108_864);
  assert.equal(answer.text, JSON.stringify(sorted(JSON.parse(answer.text))));
});

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([k, v]) => [k, sorted(v)]),
  );
}

Deno.test("relay: unknown paths are 404, other methods 405 with allow, both empty", async () => {
  await using world = new RelayWorld({ burst: 0 });
  const paths = ["/phonebook/", "/nope", "/healthz/", "/HEALTHZ", "/v1//relay", "/v1/slot//state"];
  for (const path of [...paths, "/v1/events/", "/v1/handle"]) {
    const answer = await world.call(path);
    assert.equal(shown(answer), "404 ", path);
    assert.equal(answer.headers.get("content-type"), null);
  }
  const allowed: Readonly<Record<string, string>> = {
    "/healthz": "GET,HEAD",
    "/v1/slot/allocate": "POST",
    "/v1/events/x": "POST,GET,HEAD",
    "/v1/pair/abandon": "POST",
    "/v1/handle/claim": "POST",
  };
  for (const [path, allow] of Object.entries(allowed)) {
    for (const method of ["OPTIONS", "PUT", "DELETE", "PATCH"]) {
      const answer = await world.call(path, { method });
      assert.equal(shown(answer), "405 ");
      assert.equal(answer.headers.get("allow"), allow);
    }
  }
  assert.equal((await world.call("/v1/pair/abandon")).status, 405, "the literal path wins");
  const nick = await world.call("/v1/handle/claim/x", { method: "POST" });
  assert.equal(shown(nick), "405 ");
  assert.equal(nick.headers.get("allow"), "DELETE");
});

Deno.test("lesson 52: no relay hands out an installer that nobody here builds", async () => {
  await using world = new RelayWorld();
  for (const path of ["/install", "/install.sh", "/openshell-policy.sh"]) {
    assert.equal((await world.call(path)).status, 404, path);
  }
});

Deno.test("relay: a doubled slash at the start is one", async () => {
  await using world = new RelayWorld();
  const slot = await world.slot();
  assert.equal(shown(await world.call(`//v1/events/${slot.id}`, { token: slot.token })), "200 []");
});

Deno.test("relay: HEAD answers as GET, without the body", async () => {
  await using world = new RelayWorld();
  const slot = await world.slot();
  await world.post(slot, '{"event_id":"e"}');
  const { token } = slot;
  for (
    const path of ["/healthz", "/v1/relay", `/v1/events/${slot.id}`, `/v1/slot/${slot.id}/state`]
  ) {
    const get = await world.call(path, { token });
    const head = await world.call(path, { token, method: "HEAD" });
    assert.equal(shown(head), `${get.status} `);
    assert.equal(head.headers.get("content-type"), get.headers.get("content-type"));
    assert.equal(
      Number(head.headers.get("content-length")),
      new TextEncoder().encode(get.text).length,
    );
  }
  const stream = await world.call(`/v1/events/${slot.id}/stream`, { token, method: "HEAD" });
  assert.equal(shown(stream), "200 ");
});

Deno.test("relay: framework errors have the reference's statuses and prefixes", async () => {
  await using world = new RelayWorld();
  const slot = await world.slot();
  const path = `/v1/events/${slot.id}`;
  const text = "text/plain; charset=utf-8";
  const type = "content-type";
  const bad = await world.call("/v1/events/%ff", { token: slot.token });
  assert.equal(shown(bad), "400 Invalid URL: Invalid UTF-8 in `slot_id`");
  assert.equal(bad.headers.get(type), text);
  assert.equal(
    shown(await world.call(path, { body: "{}", headers: { [type]: "text/plain" } })),
    "415 Expected request with `Content-Type: application/json`",
  );
  for (
    const json of ["application/json; charset=utf-8", "application/vnd.x+json", "Application/JSON"]
  ) {
    const options = { body: '{"event":1}', headers: { [type]: json }, token: slot.token };
    assert.equal((await world.call(path, options)).status, 201, json);
  }
  const deep = "[".repeat(127) + "]".repeat(127);
  for (
    const body of ["", "{", "{}x", '{"event":1e400}', '{"event":"\\ud800"}', `{"event":${deep}}`]
  ) {
    const answer = await world.call(path, { body, headers: { [type]: "application/json" } });
    assert.equal(answer.status, 400, body.slice(0, 40));
    assert.match(answer.text, /^Failed to parse the request body as JSON: /);
  }
  const bytes = new TextEncoder().encode('{"event":"\u00e9"}').fill(0xff, 10, 11);
  assert.equal((await world.call(path, { body: bytes })).status, 400);
  for (const body of ["{}", "5", "[]", '"event"']) {
    const answer = await world.call(path, { body });
    assert.equal(answer.status, 422, body);
    assert.match(answer.text, /^Failed to deserialize the JSON body into the target type: /);
  }
  const state = await world.call("/v1/pair/x");
  assert.equal(shown(state), "400 Failed to deserialize query string: missing field `as_role`");
});

Deno.test("relay: no bytes make any route do more than answer", async () => {
  await using world = new RelayWorld();
  const slot = await world.slot();
  const route = fc.constantFrom(...ROUTES);
  await fc.assert(
    fc.asyncProperty(
      route,
      fc.uint8Array({ maxLength: 200 }),
      fc.string(),
      async (to, body, part) => {
        const path = to.path.replace(":slot_id", slot.id)
          .replace(":pair_id", encodeURIComponent(part.isWellFormed() ? part : "x"));
        if (path.endsWith("/stream")) return;
        const posted = to.method === "POST" ? { body } : {};
        const { status } = await world.call(path, { ...posted, token: slot.token });
        assert.ok(status < 500, `${status}`);
      },
    ),
    { numRuns: testRuns(150) },
  );
});

Deno.test("relay: on loopback a foreign Host is 421 and an Origin 403", async () => {
  await using world = new RelayWorld();
  const rules = loopbackRules({
    host: "127.0.0.1",
    port: 8770,
    allowHosts: ["relay.example.org"],
    allowOrigins: ["https://ui.example"],
  });
  world.relay.guardLoopback(rules);
  const status = async (host: string, origin?: string) =>
    (await world.call("/healthz", {
      headers: { host, ...(origin === undefined ? {} : { origin }) },
    })).status;
  for (
    const host of [
      "127.0.0.1:8770",
      "localhost:8770",
      "LOCALHOST:8770",
      "[::1]:8770",
      "relay.example.org",
      "relay.example.org:443",
    ]
  ) assert.equal(await status(host), 200, host);
  for (const host of ["127.0.0.1", "127.0.0.1:8771", "evil.example:8770", "localhost.evil:8770"]) {
    assert.equal(await status(host), 421, host);
  }
  const nameless = {
    method: "GET",
    target: "/healthz",
    remoteAddress: "127.0.0.1",
    header: () => undefined,
    readBody: () => Promise.reject(new Error("not read")),
  };
  assert.equal(refuseForeign(rules, nameless), undefined, "HTTP/1.0 names no host");
  assert.equal(await status("localhost:8770", "https://ui.example"), 200);
  assert.equal(await status("localhost:8770", "http://localhost:8770"), 403);
  const refusal = await world.call("/v1/slot/allocate", { body: {}, headers: { host: "evil" } });
  assert.match(shown(refusal), /^421 .*--allow-host/);
});

Deno.test("relay: a burst from one address does not lock out another", async () => {
  await using world = new RelayWorld({ burst: 50 });
  const allocate = (from: string, headers: Readonly<Record<string, string>> = {}) =>
    world.call("/v1/slot/allocate", { body: {}, from, headers });
  for (let i = 0; i < 50; i++) assert.equal((await allocate("192.0.2.1")).status, 201);
  const limited = await allocate("192.0.2.1");
  assert.equal(shown(limited), "429 Too Many Requests! Wait for 1s");
  assert.equal(limited.headers.get("x-ratelimit-after"), "1");
  assert.equal(limited.headers.get("retry-after"), "1");
  assert.equal((await allocate("::ffff:192.0.2.1")).status, 429, "the same address, mapped");
  assert.equal((await allocate("192.0.2.2")).status, 201);
  const pair = { body: { code_hash: "h", msg: "m", role: "host" }, from: "192.0.2.1" };
  assert.equal((await world.call("/v1/pair", pair)).status, 429, "one bucket for all that creates");
  assert.equal((await world.call("/healthz", { from: "192.0.2.1" })).status, 200);
  assert.equal((await world.call("/nope", { from: "192.0.2.1" })).status, 404);
  await world.clock.advance(100);
  assert.equal((await allocate("192.0.2.1")).status, 201, "ten a second");
  assert.equal((await allocate("192.0.2.1")).status, 429);
});

Deno.test("relay: IPv6 counts by /64, and a trusted proxy's header names the source", async () => {
  await using world = new RelayWorld({ burst: 1 }, { trustProxy: "X-Forwarded-For" });
  const status = async (from: string, forwarded?: string) =>
    (await world.call("/v1/slot/allocate", {
      body: {},
      from,
      headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
    })).status;
  assert.equal(await status("2001:db8::1"), 201);
  assert.equal(await status("2001:db8:0:0:ffff::9"), 429);
  assert.equal(await status("2001:db8:0:1::1"), 201);
  assert.equal(await status("127.0.0.1", "spoofed, 198.51.100.7"), 201);
  assert.equal(await status("127.0.0.1", "other, 198.51.100.7"), 429);
  assert.equal(await status("127.0.0.1", "198.51.100.8:1234"), 201);
  assert.equal(await status("127.0.0.1", "nonsense"), 201, "falls back to the connection");
  assert.equal(await status("127.0.0.1"), 429);
});

Deno.test("relay: without a trusted proxy its header means nothing", async () => {
  await using world = new RelayWorld({ burst: 1 });
  const headers = { "x-forwarded-for": "198.51.100.7" };
  assert.equal((await world.call("/v1/slot/allocate", { body: {}, headers })).status, 201);
  const other = { "x-forwarded-for": "198.51.100.8" };
  assert.equal((await world.call("/v1/slot/allocate", { body: {}, headers: other })).status, 429);
});

Deno.test("P8: bodies in memory have a bound of their own", async () => {
  await using world = new RelayWorld({ maxBodyBytesAtOnce: 100 });
  const large = { body: { handle: "x".repeat(200) } };
  assert.equal(
    shown(await world.call("/v1/slot/allocate", large)),
    '503 {"error":"relay is busy"}',
  );
  for (let i = 0; i < 60; i++) {
    assert.equal((await world.call("/v1/slot/allocate", { body: {} })).status, 201, "given back");
  }
});
