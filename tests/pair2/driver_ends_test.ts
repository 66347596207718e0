/** How a pairing of the form pair/2 ends without a peer, and what both operators are told. */
import assert from "node:assert/strict";
import { pairAbandon } from "../../client/operations/pair_abandon.ts";
import { pairCancel } from "../../client/operations/pair_cancel.ts";
import { pairConfirm } from "../../client/operations/pair_confirm.ts";
import { pairHost } from "../../client/operations/pair_host.ts";
import { pairList } from "../../client/operations/pair_list.ts";
import { pairWatch } from "../../client/operations/pair_watch.ts";
import { status } from "../../client/operations/status.ts";
import { buildEvent, signEvent } from "../../protocol/event/event.ts";
import { WireError } from "../../protocol/errors.ts";
import { readGrants } from "../../store/home/grants.ts";
import {
  type Agent,
  assertVerified,
  compare,
  met,
  Pair2World,
  RELAY,
  rounds,
} from "./pair2_world.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const { signal } = new AbortController();

async function errorOf(agent: Agent): Promise<string> {
  const state = await agent.state();
  assert.ok(state.tag === "ended", JSON.stringify(state));
  return state.error;
}

const otherWords = (code: string): string => `${code.split("-")[0]}-abandon-ability-able`;

Deno.test("T7: wrong words burn the code at once, and both are told that somebody may have tried", async () => {
  await using world = new Pair2World();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const code = await world.host(alice);
  await world.join(bob, otherWords(code));
  await rounds(alice, bob, 4);
  for (const agent of [alice, bob]) assert.match(await errorOf(agent), /somebody may have tried/);
  const late = await world.agent("carol");
  await assert.rejects(world.join(late, code), { code: "pairing_failed" });
  assert.ok(alice.platform.notifier.shown.some(({ body }) => /may have tried/.test(body)));
});

Deno.test("the second guest of a code is told so, and the first goes on", async () => {
  const { world, alice, bob, code } = await met();
  await using _ = world;
  const carol = await world.agent("carol");
  await assert.rejects(world.join(carol, code), { message: /already in use by two sides/ });
  await rounds(alice, bob);
  await assertVerified(alice, bob);
  assert.deepEqual((await carol.context().home.readTrust()).agents.size, 1);
});

Deno.test("lesson 16: a code that nobody used is expired, and its number is no code", async () => {
  await using world = new Pair2World();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const code = await world.host(alice);
  await world.clock.advance(10 * MINUTE);
  assert.deepEqual(await alice.tick(), ["polling → aborted"]);
  assert.match(await errorOf(alice), /^the code expired/);
  await assert.rejects(world.join(bob, code), { message: /unknown code/ });
});

Deno.test("P4: wrong digits end it on both sides for good, and no card was shown", async () => {
  const { world, alice, bob } = await met();
  await using _ = world;
  for (const agent of [alice, bob, alice, bob, alice, bob]) await agent.tick();
  const state = await alice.state();
  assert.ok(state.tag === "comparing", state.tag);
  const wrong = String((Number(state.sas) + 1) % 1_000_000).padStart(6, "0");
  const { nameplate } = state.meeting;
  const context = alice.context();
  assert.deepEqual(await pairConfirm.run(context, { code: nameplate, digits: wrong }), {
    code_phrase: `${nameplate}-${state.about.words.join("-")}`,
    error: "digits mismatch",
    state: "aborted",
    form: "pair/2",
  });
  assert.deepEqual(await bob.tick(), ["sas_ready → aborted"]);
  assert.ok(!world.calls.some((call) => call.endsWith("/card")));
  await rounds(alice, bob, 2);
  for (const agent of [alice, bob]) {
    assert.equal((await agent.context().home.readTrust()).agents.size, 1);
    assert.match(await errorOf(agent), /somebody may have tried/);
  }
});

Deno.test("who sits on a code is shut out twice; the third time the code is burnt", async () => {
  await using world = new Pair2World();
  const alice = await world.agent("alice");
  const code = await world.host(alice);
  const nameplate = code.split("-")[0];
  for (let time = 0; time < 3; time++) {
    const claim = String(time).repeat(32);
    const squatter = await world.relayWorld.call(`/v1/pair2/${nameplate}`, { body: { claim } });
    assert.equal(squatter.status, 201);
    await alice.tick();
    await world.clock.advance(10_000);
    await alice.tick();
  }
  assert.match(await errorOf(alice), /three times/);
  assert.equal(world.calls.filter((call) => call.endsWith("/reopen")).length, 2);
});

/** Alice holds bob's card and has said so; bob's word has not come. */
async function oneSided() {
  const it = await met();
  const { world, alice, bob } = it;
  for (let round = 0; round < 8; round++) {
    for (const agent of [alice, bob]) {
      const other = agent === alice ? bob : alice;
      if ((await alice.state()).tag === "held" && agent === bob) break;
      await agent.tick();
      await compare(agent, other, agent.context());
    }
  }
  const state = await alice.state();
  assert.ok(state.tag === "held" && state.told && !state.peerDone, state.tag);
  return { ...it, nameplate: state.meeting.nameplate, world };
}

Deno.test("a heartbeat in our mailbox completes it when the meeting place is gone", async () => {
  const { world, alice, bob, nameplate } = await oneSided();
  await using _ = world;
  world.between = (request, agent) =>
    agent === "alice" && /pair2\/[0-9a-f]{32}$/.test(request.url) ? "dropped" : undefined;
  for (let round = 0; round < 3; round++) await bob.tick();
  await alice.tick();
  assert.equal((await alice.state()).tag, "held");
  await alice.pull();
  await alice.tick();
  assert.equal((await alice.state()).tag, "verified", nameplate);
  assert.equal(await alice.tierOf("bob"), "VERIFIED");
});

Deno.test("a heartbeat that came before the card was held is heard in quarantine", async () => {
  const { world, alice, bob } = await met();
  await using _ = world;
  while ((await alice.state()).tag !== "offered") {
    await alice.tick();
    await compare(alice, bob, alice.context());
    if ((await alice.state()).tag !== "offered") await bob.tick();
  }
  await bob.tick();
  await compare(bob, alice, bob.context());
  for (let round = 0; round < 3; round++) await bob.tick();
  assert.equal((await bob.state()).tag, "held");
  await alice.pull();
  assert.equal((await alice.state()).tag, "offered");
  // She never sees his `done`.
  world.between = async (request, agent) => {
    if (agent !== "alice" || request.method !== "GET") return undefined;
    if (!/pair2\/[0-9a-f]{32}$/.test(request.url)) return undefined;
    const reply = await world.relayWorld.relay.fetch(request, { remoteAddress: "192.0.2.5" });
    const { peer: { done: _hidden, ...peer }, ...view } = await reply.json();
    return Response.json({ ...view, peer });
  };
  await alice.tick();
  assert.equal((await alice.state()).tag, "held");
  await alice.tick();
  assert.equal((await alice.state()).tag, "verified");
});

Deno.test("a done that names another pairing, or another key's, completes nothing", async () => {
  const { world, alice, bob } = await oneSided();
  await using _ = world;
  const mallory = await world.agent("mallory");
  const { self } = await alice.context().home.readRelayState();
  assert.ok(typeof self?.slot_id === "string" && typeof self.slot_token === "string");
  const slot = { id: self.slot_id, token: self.slot_token };
  for (const [agent, th] of [[bob, "0".repeat(64)], [mallory, "0".repeat(64)]] as const) {
    const identity = await agent.context().home.readIdentity();
    const event = signEvent(
      buildEvent({
        from: identity.did,
        to: alice.did,
        type: "heartbeat",
        kind: 100,
        body: { t: "pair2_done", th },
        timestamp: "2026-11-21T05:00:00Z",
      }),
      identity,
    );
    assert.equal((await world.relayWorld.post(slot, event.text)).status, 201);
  }
  await alice.pull();
  await alice.tick();
  assert.equal((await alice.state()).tag, "held");
  assert.equal(await alice.tierOf("bob"), undefined);
});

Deno.test("P2: if the other side never finishes, nobody is verified after a day and the sentence is said", async () => {
  const { world, alice, bob, nameplate } = await oneSided();
  await using _ = world;
  const { items } = await listed(alice);
  assert.deepEqual(items.map(({ status, waiting_for }) => [status, waiting_for]), [
    ["confirmed", "waiting for the other side to finish"],
  ]);
  const now = await homeStatusOf(alice);
  assert.deepEqual([now.total, now.by_status], [1, { confirmed: 1 }]);
  const told = alice.platform.notifier.shown.map(({ title }) => title);
  assert.ok(told.includes(`wire — waiting for the other side to finish (${nameplate})`));
  const { grants } = await readGrants(alice.context().home);
  assert.equal(grants.filter(({ revoke_since }) => revoke_since === undefined).length, 1);
  await world.clock.advance(DAY);
  await alice.tick();
  assert.match(
    await errorOf(alice),
    new RegExp(`${bob.did} may show you as verified: pair again$`),
  );
  assert.equal(await alice.tierOf("bob"), undefined);
  assert.deepEqual((await alice.context().home.readRelayState()).peers, {});
  assert.deepEqual((await readGrants(alice.context().home)).grants, []);
});

async function homeStatusOf(agent: Agent) {
  const output = await status.run(agent.context(), {});
  return "pending_pairs" in output ? output.pending_pairs : assert.fail("not a home's status");
}

async function listed(agent: Agent) {
  for await (const items of pairList.stream(agent.context(), {}, signal)) {
    if (Array.isArray(items)) return { items };
  }
  return assert.fail("no list");
}

Deno.test("ruling 11: pair-cancel by number leaves aborted, ends the other side, and is watched as a failure", async () => {
  const { world, alice, bob, code } = await met();
  await using _ = world;
  const [number = ""] = code.split("-");
  const answer = { code_phrase: code, state: "cancelled", form: "pair/2" };
  assert.deepEqual(await pairCancel.run(alice.context(), { code: number }), answer);
  await assert.rejects(async () => {
    for await (const _ of pairWatch.stream(alice.context(), { code: number }, signal));
  }, { code: "pairing_failed", message: /cancelled by operator/ });
  await bob.tick();
  assert.match(await errorOf(bob), /gave up/);
  await assert.rejects(pairAbandon.run(alice.context(), { code }), { code: "not_found" });
});

Deno.test("ruling 11: pair-watch says finalized once the peer is pinned; the record goes an hour later", async () => {
  const { world, alice, bob, code } = await met();
  await using _ = world;
  await rounds(alice, bob);
  for await (const item of pairWatch.stream(alice.context(), { code }, signal)) {
    assert.deepEqual(item, { code, state: "finalized", form: "pair/2" });
  }
  assert.deepEqual(await listed(alice), { items: [] });
  await world.clock.advance(60 * MINUTE);
  await alice.tick();
  assert.deepEqual(await alice.context().home.pair2.list(), []);
});

Deno.test("no automatic fallback: on a relay without pair2 pair-host is refused, names --compat, and leaves nothing", async () => {
  await using world = new Pair2World();
  const alice = await world.agent("alice");
  world.between = ({ url }) => url.endsWith("/healthz") ? new Response("ok\n") : undefined;
  const refused = (error: unknown): boolean =>
    error instanceof WireError && error.code === "refused" && /--compat/.test(error.hint ?? "");
  await assert.rejects(world.host(alice), refused);
  await assert.rejects(async () => {
    for await (const _ of pairHost.stream(alice.context(), { relay: RELAY }, signal));
  }, refused);
  await assert.rejects(world.join(alice, "4821-apple-river-stone"), refused);
  assert.deepEqual(await alice.context().home.pair2.list(), []);
  assert.ok(world.calls.every((call) => call === "alice GET /healthz"), world.calls.join());
});
