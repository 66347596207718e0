import assert from "node:assert/strict";
import { json, livingWorld, RELAY, run, serveRelay, type World } from "../fake/world.ts";
import { responderGet } from "./responder_get.ts";
import { responderSet } from "./responder_set.ts";

const SLOT = "1".repeat(32);
const PEER_SLOT = "2".repeat(32);
const TOKEN = "3".repeat(64);

/** A relay that keeps what it is told, or what `instead` says. */
async function worldWithRelay(instead?: Record<string, unknown>) {
  const world = await livingWorld("alice");
  const slot = { relay_url: RELAY, slot_token: TOKEN };
  await world.home.updateRelayState("test", (state) => ({
    ...state,
    self: { ...slot, slot_id: SLOT },
    peers: { bob: { ...slot, slot_id: PEER_SLOT } },
  }));
  const bodies: Record<string, unknown>[] = [];
  world.platform.net.serve(RELAY, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "POST") {
      bodies.push(await request.json());
      return json(bodies.at(-1));
    }
    const responder_health = pathname.includes(SLOT) ? instead ?? bodies.at(-1) ?? null : null;
    const slot_id = pathname.split("/")[3];
    return json({ event_count: 0, last_pull_at_unix: null, responder_health, slot_id });
  });
  return { world, bodies };
}

Deno.test("P2: what responder set answers is what the relay keeps", async () => {
  const { world, bodies } = await worldWithRelay();
  const online = await run(responderSet, world, { status: "online" });
  assert.deepEqual(Object.keys(bodies[0] ?? {}).sort(), ["last_success_at", "set_at", "status"]);
  assert.equal(online.set_at, online.last_success_at);
  const limited = await run(responderSet, world, { status: "rate_limited", reason: "noon" });
  assert.deepEqual(limited, { status: "rate_limited", reason: "noon", set_at: limited.set_at });
  assert.deepEqual(await run(responderGet, world, {}), {
    responder_health: limited,
    target: "self",
  });
  const other = await worldWithRelay({ status: "offline", set_at: "2026-01-01T00:00:00Z" });
  await assert.rejects(run(responderSet, other.world, { status: "online" }), { code: "conflict" });
});

Deno.test("responder: an unknown status, peer or no mailbox is one line", async () => {
  const { world } = await worldWithRelay();
  await assert.rejects(run(responderSet, world, { status: "asleep\u001b[2J" }), {
    code: "usage",
    message: /status must be one of online, offline/,
  });
  assert.deepEqual(await run(responderGet, world, { peer: "bob" }), {
    responder_health: null,
    target: "bob",
  });
  await assert.rejects(run(responderGet, world, { peer: "carol" }), {
    code: "not_found",
    message: "unknown peer carol",
  });
  const unbound: World = await livingWorld("erin");
  serveRelay(unbound, {});
  await assert.rejects(run(responderGet, unbound, {}), { message: "self slot not bound" });
});
