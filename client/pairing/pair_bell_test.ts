import assert from "node:assert/strict";
import type { FakeSocket } from "../../platform/fake/sockets.ts";
import { isPairId } from "../../protocol/ids.ts";
import { livingWorld, RELAY, serveRelay } from "../fake/world.ts";
import { relayUrlOf } from "../mailbox.ts";
import type { PairPlace } from "../sync/pair_watches.ts";
import { PairBell } from "./pair_bell.ts";

const NEVER = new AbortController().signal;

function place(): PairPlace {
  const pairId = "1".repeat(32);
  assert.ok(isPairId(pairId));
  return { relayUrl: relayUrlOf(RELAY), seat: { pairId, asRole: "host" }, isBusy: false };
}

async function waiting(features: string) {
  const world = await livingWorld();
  const health = () =>
    new Response("ok\n", { headers: { "wire-relay": `features="${features}"` } });
  serveRelay(world, { "GET /healthz": health });
  const servers: FakeSocket[] = [];
  const { clock, sockets } = world.platform;
  sockets.serve(RELAY, (socket) => void servers.push(socket));
  const bell = new PairBell(world.context);
  /** @returns how long it waited, in ms, at most `ms` */
  const wait = async (ms: number): Promise<number> => {
    const start = clock.monotonic();
    let waited: number | undefined;
    bell.wait(place(), 250, NEVER).then(() => waited = clock.monotonic() - start);
    for (let turn = 0; turn < 4; turn++) await clock.settle();
    for (let passed = 0; waited === undefined && passed < ms; passed += 50) await clock.advance(50);
    return waited ?? Infinity;
  };
  const news = async () => {
    const [server] = servers;
    const asked = server?.received.find((text) => text.includes('"pair"'));
    assert.ok(server && asked);
    const { ref, pair_id } = JSON.parse(asked);
    await server.send(JSON.stringify({ op: "pair", ref, pair_id, peer_msg: null }));
    await clock.settle();
  };
  return { world, bell, wait, news, servers };
}

Deno.test("where the relay tells, a terminal asks when there is something, and else seldom", async () => {
  const { world, bell, wait, news, servers } = await waiting("ws");
  assert.equal(await wait(1_000), 250, "nothing is connected yet");
  assert.equal(await wait(1_000), 250, "nothing is watched yet");
  await news();
  assert.equal(await wait(1_000), 0, "the first look is due");
  assert.equal(await wait(5_000), 2_000);
  await news();
  assert.equal(await wait(5_000), 0);
  servers[0]?.cut();
  await world.platform.clock.settle();
  assert.equal(await wait(5_000), 250, "without it, as before");
  await bell[Symbol.asyncDispose]();
});

Deno.test("where the relay tells nothing, a terminal asks as before and opens no connection", async () => {
  const { bell, wait, servers } = await waiting("pair2");
  for (let n = 0; n < 3; n++) assert.equal(await wait(1_000), 250);
  assert.equal(servers.length, 0);
  await bell[Symbol.asyncDispose]();
});
