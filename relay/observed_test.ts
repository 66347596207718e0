import assert from "node:assert/strict";
import { FakeClock } from "../platform/fake/clock.ts";
import { FakeLog } from "../platform/fake/log.ts";
import { FakeRandom } from "../platform/fake/random.ts";
import { json, type RelayRequest } from "./exchange.ts";
import { RelayMetrics } from "./metrics.ts";
import { Observer, shownPath } from "./observed.ts";
import { LOCAL_ROUTES, ROUTES } from "./routes.ts";

const request = (headers: Record<string, string> = {}): RelayRequest => ({
  method: "GET",
  target: "/i/0123456789abcdef?format=url",
  remoteAddress: "192.0.2.1",
  header: (name) => headers[name],
  readBody: () => Promise.reject(new Error("not to be read")),
});

function world() {
  const log = new FakeLog();
  const clock = new FakeClock("2026-11-21T05:00:00Z");
  const metrics = new RelayMetrics();
  return {
    log,
    clock,
    metrics,
    observer: new Observer({
      log,
      clock,
      metrics,
      random: new FakeRandom(),
      readiness: { isStopping: false },
    }),
  };
}

Deno.test("request ids: one that came is repeated, one that could do harm is replaced", () => {
  const { observer } = world();
  const idOf = (sent?: string): string =>
    observer.begin(request(sent === undefined ? {} : { "x-request-id": sent }))
      .answered(json(200, {})).headers["x-request-id"] ?? "";
  assert.equal(idOf("a.B-9_z"), "a.B-9_z");
  const made = [undefined, "", "a b", 'a"', "a\r\nset-cookie: x", "é", "f".repeat(64)].map(idOf);
  for (const id of made) assert.match(id, /^[0-9a-f]{12}-[0-9a-z]+$/);
  assert.equal(new Set(made).size, made.length);
});

Deno.test("P5: a logged path shows neither query nor secret, whatever the route", async () => {
  const { observer, log, clock, metrics } = world();
  const route = ROUTES.find(({ path }) => path === "/i/:token");
  assert.ok(route !== undefined);
  const seen = observer.begin(request());
  seen.matched(route, { token: "0123456789abcdef" }, "192.0.2.1");
  await clock.advance(12);
  seen.answered(json(200, {}));
  seen.log.error("request failed", { code: "internal" });
  const lines = JSON.stringify(log.entries);
  assert.doesNotMatch(lines, /0123456789abcdef|format/);
  assert.deepEqual(log.entries[0], {
    level: "debug",
    message: "request",
    data: {
      request_id: log.entries[1]?.data["request_id"],
      method: "GET",
      path: "/i/<token>",
      status: 200,
      ms: 12,
      source: "192.0.2.1",
    },
  });
  const text = await metrics.registry.text();
  assert.match(text, /wire_http_requests_total\{method="GET",route="\/i\/:token",status="200"\} 1/);
  assert.match(text, /route="\/i\/:token",le="0.025"\} 1/);
});

Deno.test("P5: what no route has is not logged at all, since it may be a secret mistyped", () => {
  const { observer, log } = world();
  observer.begin({ ...request(), method: "BREW", target: "/i/0123456789abcdef/" })
    .answered(json(503, {}));
  assert.equal(log.entries[0]?.level, "warn");
  assert.equal(log.entries[0]?.data["path"], "none");
  assert.equal(log.entries[0]?.data["method"], "other");
});

Deno.test("P5: of path parameters only names that are public are shown", () => {
  const PUBLIC = new Set(["slot_id", "nick", "grant_id", "step"]);
  for (const { path } of [...LOCAL_ROUTES, ...ROUTES]) {
    const names = [...path.matchAll(/:([a-z_]+)/g)].map(([, name = ""]) => name);
    const params = Object.fromEntries(names.map((name) => [name, `VALUE-OF-${name}`]));
    const shown = shownPath(path, params);
    for (const name of names) {
      assert.equal(shown.includes(`VALUE-OF-${name}`), PUBLIC.has(name), `${name} of ${path}`);
    }
  }
  assert.equal(shownPath("/x/:nick", { nick: "a\nb" }), "/x/a%0Ab");
});
