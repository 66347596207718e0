import assert from "node:assert/strict";
import { FaultFiles } from "../../platform/fault_files.ts";
import { readRelayFeatures } from "../../store/home/relay_features.ts";
import { processOf } from "../../tests/grants/granting_world.ts";
import { json, livingWorld, RELAY, run, serveRelay } from "../fake/world.ts";
import { relayUrlOf } from "../mailbox.ts";
import { bindRelay } from "../operations/bind_relay.ts";
import { acceptLostFeatures, featuresOf } from "./features.ts";

const URL = relayUrlOf(RELAY);

const health = (features?: string): Response =>
  new Response("ok\n", {
    headers: features === undefined ? {} : { "wire-relay": `features="${features}"` },
  });

const RICH = { "GET /healthz": health("grants pair2") };
const PLAIN = { "GET /healthz": health() };

Deno.test("a relay that loses a feature stops us aloud, and says what the operator can do", async () => {
  const world = await livingWorld();
  serveRelay(world, RICH);
  assert.deepEqual([...await featuresOf(world.context, URL)], ["grants", "pair2"]);
  serveRelay(world, { "GET /healthz": health("pair2 ws") });
  await assert.rejects(featuresOf(processOf(world), URL), (error: Error) => {
    assert.equal(Reflect.get(error, "code"), "feature_lost");
    assert.match(error.message, /http:\/\/relay\.test: it offered grants before/);
    assert.match(String(Reflect.get(error, "hint")), /bind-relay \S+ --accept-lost-features/);
    return true;
  });
  assert.deepEqual(await readRelayFeatures(world.home, URL), ["grants", "pair2"]);
});

Deno.test("what a relay has never announced is no loss, and what is new is known from then on", async () => {
  const world = await livingWorld();
  serveRelay(world, PLAIN);
  assert.equal((await featuresOf(world.context, URL)).size, 0);
  serveRelay(world, RICH);
  await featuresOf(world.context, URL);
  serveRelay(world, { "GET /healthz": health("grants pair2 ws") });
  assert.ok((await featuresOf(world.context, URL)).has("ws"));
  assert.deepEqual(await readRelayFeatures(world.home, URL), ["grants", "pair2", "ws"]);
  const other = relayUrlOf("http://other.test");
  assert.deepEqual(await readRelayFeatures(world.home, other), []);
});

Deno.test("429, 5xx, a time-out and a page of HTML are no loss: nobody knows then", async () => {
  const world = await livingWorld();
  serveRelay(world, RICH);
  await featuresOf(world.context, URL);
  const html = new Response("<html>log in</html>", { headers: { "content-type": "text/html" } });
  for (const answer of [json({}, 429), json({}, 500), json({}, 503), html]) {
    serveRelay(world, { "GET /healthz": answer });
    const code = answer.status === 200 ? "relay_garbage" : "relay_status";
    await assert.rejects(featuresOf(world.context, URL), { code });
    await assert.rejects(acceptLostFeatures(world.context, URL), { code });
  }
  world.platform.net.fail(RELAY, "timeout");
  await assert.rejects(featuresOf(world.context, URL), { code: "unreachable" });
  world.platform.net.fail(RELAY, undefined);
  serveRelay(world, RICH);
  assert.equal((await featuresOf(world.context, URL)).size, 2);
});

Deno.test("the operator accepts the loss: the mailbox stays, and the relay is used as it is", async () => {
  const world = await livingWorld();
  serveRelay(world, RICH);
  await featuresOf(world.context, URL);
  const mailbox = { relay_url: RELAY, slot_id: "5".repeat(32), slot_token: "f".repeat(64) };
  await world.home.updateRelayState("test", (state) => ({ ...state, self: mailbox }));
  serveRelay(world, PLAIN);
  await assert.rejects(run(bindRelay, world, { url: RELAY }), { code: "feature_lost" });
  const kept = await run(bindRelay, world, { url: RELAY, acceptLostFeatures: true });
  assert.equal(kept.slot_id, mailbox.slot_id);
  assert.match(world.warnings.join(), /used without: grants, pair2/);
  assert.equal((await featuresOf(world.context, URL)).size, 0);
});

Deno.test("P1: killed at any durable step (home.relay_features), the next one ends it", async () => {
  for (const moment of ["before", "after"] as const) {
    const world = await livingWorld();
    serveRelay(world, RICH);
    const files = new FaultFiles(world.platform.files).crashAt(0, moment);
    await assert.rejects(featuresOf(processOf(world, files), URL), { name: "Crash" });
    await featuresOf(processOf(world), URL);
    assert.deepEqual(await readRelayFeatures(world.home, URL), ["grants", "pair2"]);
  }
});

Deno.test("a broken record is not taken for an empty one", async () => {
  const world = await livingWorld();
  serveRelay(world, PLAIN);
  const file = `${world.home.paths.configRoot}/relay-features.json`;
  await world.platform.files.writeAtomic(file, '{"relays":[1]}', { point: "test" });
  await assert.rejects(featuresOf(world.context, URL), { code: "unreadable" });
});
