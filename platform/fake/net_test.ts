import assert from "node:assert/strict";
import { FakeClock } from "./clock.ts";
import { TransportError } from "../transport_error.ts";
import { FakeNet } from "./net.ts";

const URL_OF_RELAY = "http://relay.test/v1?since=1";

const failsAs = (failure: string) => (error: unknown) =>
  error instanceof TransportError && error.failure === failure;

Deno.test("fake net: a host answers its own requests, and all are kept", async () => {
  const net = new FakeNet().serve(
    "http://relay.test",
    async (request) => new Response(`${new URL(request.url).pathname} ${await request.text()}`),
  );
  const response = await net.fetch(new Request(URL_OF_RELAY, { method: "POST", body: "x" }));
  assert.equal(await response.text(), "/v1 x");
  assert.equal(await net.requests[0]?.text(), "x");
});

Deno.test("fake net: a host that nobody serves does not resolve; others fail as told", async () => {
  const net = new FakeNet();
  await assert.rejects(net.fetch(new Request(URL_OF_RELAY)), failsAs("dns"));
  net.serve("http://relay.test", () => new Response("up"));
  for (const failure of ["tls", "dns", "timeout", "connect", "other"] as const) {
    net.fail("http://relay.test", failure);
    await assert.rejects(net.fetch(new Request(URL_OF_RELAY)), failsAs(failure), failure);
  }
  net.fail("http://relay.test", undefined);
  assert.equal(await (await net.fetch(new Request(URL_OF_RELAY))).text(), "up");
});

Deno.test("fake net: a host that never answers is left at the deadline", async () => {
  const clock = new FakeClock();
  const net = new FakeNet().serve("http://relay.test", () => new Promise(() => {}));
  const pending = net.fetch(new Request(URL_OF_RELAY, { signal: clock.timeout(30_000) }));
  const late = assert.rejects(pending, failsAs("timeout"));
  await clock.advance(30_000);
  await late;
});

Deno.test("fake net: an interrupted request throws the interruption", async () => {
  const net = new FakeNet().serve("http://relay.test", () => new Promise(() => {}));
  const controller = new AbortController();
  const pending = net.fetch(new Request(URL_OF_RELAY, { signal: controller.signal }));
  const stopped = assert.rejects(pending, /stopped/);
  controller.abort(new Error("stopped"));
  await stopped;
  const again = new Request(URL_OF_RELAY, { signal: controller.signal });
  await assert.rejects(net.fetch(again), /stopped/);
});
