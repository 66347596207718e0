import assert from "node:assert/strict";
import { admitCard, makeCard } from "../../protocol/identity/card.ts";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { createContext } from "../context.ts";
import { pairConfirm } from "../operations/pair_confirm.ts";
import { type Agent, PairWorld, pinned, RELAY, statusOf } from "./fake/pair_world.ts";
import { pairTick, recoverPairs } from "./pair_tick.ts";

const signal = new AbortController().signal;

async function digits({ context }: Agent, code: string): Promise<string> {
  return (await context.home.pendingPairs.read(code))?.sas ?? "";
}

/** Both queued and showing their digits. */
async function ready(world = new PairWorld()) {
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const code = await world.queueHost(alice);
  await world.queueJoin(bob, code);
  await world.tick(alice, bob, alice);
  assert.deepEqual([await statusOf(alice, code), await statusOf(bob, code)], [
    "sas_ready",
    "sas_ready",
  ]);
  return { world, alice, bob, code };
}

Deno.test("two daemons pair, whichever operator confirms first, without waiting for each other", async () => {
  const { world, alice, bob, code } = await ready();
  assert.equal(await digits(alice, code), await digits(bob, code));
  await pairConfirm.run(bob.context, { code, digits: await digits(alice, code) });
  assert.deepEqual(await world.tick(bob), [], "it looks, and goes on with other things");
  await world.clock.advance(9 * 60_000 / 2);
  await world.tick(alice, bob);
  await world.clock.advance(9 * 60_000 / 2);
  assert.deepEqual(await pinned(bob), {}, "lesson 15");
  await pairConfirm.run(alice.context, { code, digits: await digits(bob, code) });
  assert.deepEqual(await world.tick(alice, bob), [
    "alice: confirmed → gone",
    "bob: confirmed → gone",
  ]);
  assert.deepEqual(await pinned(alice), { [bob.did]: "VERIFIED" });
  assert.deepEqual(await pinned(bob), { [alice.did]: "VERIFIED" });
  assert.equal(world.relay.count(/bootstrap$/), 2, "each posted once");
});

Deno.test("the last transition names the peer, and so does the notification, once", async () => {
  const { world, alice, bob, code } = await ready();
  for (const agent of [alice, bob]) {
    await pairConfirm.run(agent.context, { code, digits: await digits(agent, code) });
  }
  await world.tick(bob);
  const [transition] = await pairTick(alice.context, signal);
  assert.equal(transition?.peer_did, bob.did);
  assert.equal(transition?.to, "gone");
  await world.tick(alice, alice);
  const titles = alice.platform.notifier.shown.map(({ title }) => title);
  assert.deepEqual(titles, [`wire — pair SAS ready (${code})`, `wire — paired (${code})`]);
  assert.match(alice.platform.notifier.shown[1]?.body ?? "", new RegExp(`^Peer: ${bob.did}\n`));
});

Deno.test("P4: the notification's command holds no digits", async () => {
  const { alice, code } = await ready();
  const sas = await digits(alice, code);
  const body = alice.platform.notifier.shown[0]?.body ?? "";
  assert.ok(body.includes(`${sas.slice(0, 3)}-${sas.slice(3)}`));
  assert.ok(!body.includes(sas), "nothing to paste");
});

Deno.test("lesson 18, ruling 13: the seed is on the disk, for the owner only, before anything is sent", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const { home } = alice.context;
  const code = await world.queueHost(alice);
  let atFirstCall: string | null | undefined;
  world.relay.intercept = (request) => {
    if (!request.url.endsWith("/v1/pair")) return undefined;
    atFirstCall = alice.platform.files.texts()[home.pendingPairs.path(code)];
    return undefined;
  };
  await world.tick(alice);
  assert.match(atFirstCall ?? "", /"spake2_seed_b64": "[A-Za-z0-9+/]{43}="/);
  const file = await alice.platform.files.stat(home.pendingPairs.path(code));
  const directory = await alice.platform.files.stat(home.file.pendingPairs);
  assert.deepEqual([file?.mode, directory?.mode], [0o600, 0o700]);
});

Deno.test("lesson 16: a code that nobody joins ends after its life, with a word for it", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const code = await world.queueHost(alice);
  for (let minute = 0; minute < 30; minute++) {
    await world.tick(alice);
    assert.notEqual(await statusOf(alice, code), "aborted");
    await world.clock.advance(60_000);
  }
  assert.deepEqual(await world.tick(alice), ["alice: polling → aborted"]);
  const record = await alice.context.home.pendingPairs.read(code);
  assert.match(record?.last_error ?? "", /expired/);
  assert.equal(world.relay.slots.size, 0);
  await world.clock.advance(31 * 60_000);
  await world.tick(alice);
  assert.equal(await statusOf(alice, code), undefined, "gone an hour after it was made");
});

Deno.test("a slot that the relay has forgotten is expired, in that word", async () => {
  const { world, alice, bob, code } = await ready();
  world.relay.restart();
  assert.deepEqual(await world.tick(alice, bob), [
    "alice: sas_ready → aborted",
    "bob: sas_ready → aborted",
  ]);
  assert.match((await alice.context.home.pendingPairs.read(code))?.last_error ?? "", /expired/);
});

Deno.test("one tick a minute keeps the slot while people look for each other", async () => {
  const { world, alice, bob, code } = await ready();
  for (let minute = 0; minute < 20; minute++) {
    await world.clock.advance(60_000);
    await world.tick(alice);
  }
  for (const agent of [alice, bob]) {
    await pairConfirm.run(agent.context, { code, digits: await digits(agent, code) });
  }
  await world.tick(alice, bob, alice);
  assert.deepEqual(await pinned(bob), { [alice.did]: "VERIFIED" });
});

Deno.test("a daemon that starts serves what was queued without one, and goes on with every status", async () => {
  const world = new PairWorld();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const code = await world.queueHost(alice);
  await world.queueJoin(bob, code);
  /** Every step in a process of its own. */
  const restarted = async (agent: Agent) => {
    const context = createContext(agent.platform, { warn: () => {} });
    assert.deepEqual(await recoverPairs(context), []);
    return await world.tick({ name: agent.name, context });
  };
  assert.deepEqual(await restarted(alice), ["alice: request_host → polling"]);
  assert.deepEqual(await restarted(bob), [
    "bob: request_guest → polling",
    "bob: polling → sas_ready",
  ]);
  assert.deepEqual(await restarted(alice), ["alice: polling → sas_ready"]);
  await restarted(bob);
  for (const agent of [alice, bob]) {
    await pairConfirm.run(agent.context, { code, digits: await digits(agent, code) });
  }
  assert.deepEqual(await restarted(alice), []);
  assert.deepEqual(await restarted(bob), ["bob: confirmed → gone"]);
  assert.deepEqual(await restarted(alice), ["alice: confirmed → gone"]);
});

Deno.test("what 0.5.19 left behind is gone on with; what it lost ends as aborted_restart, once", async () => {
  const { world, alice, bob, code } = await ready();
  // 0.5.19 keeps nothing of ours when it rewrites the file, and confirms without a time.
  await alice.context.home.pendingPairs.update(code, (record) => ({
    ...record,
    status: "confirmed",
    resume: undefined,
  }));
  await pairConfirm.run(bob.context, { code, digits: await digits(bob, code) });
  await world.tick(bob, alice, alice, bob);
  assert.deepEqual(await pinned(alice), { [bob.did]: "VERIFIED" });
  assert.deepEqual(await pinned(bob), { [alice.did]: "VERIFIED" });

  const lost = await world.queueHost(alice);
  await world.tick(alice);
  await alice.context.home.pendingPairs.update(lost, (record) => ({
    ...record,
    spake2_seed_b64: null,
  }));
  const told = await recoverPairs(alice.context);
  assert.deepEqual(told.map(({ to }) => to), ["aborted_restart"]);
  assert.equal(world.relay.slots.size, 1, "its slot was given up, the finished one lingers");
  assert.deepEqual(await recoverPairs(alice.context), []);
  const titles = alice.platform.notifier.shown.map(({ title }) => title);
  assert.equal(titles.filter((title) => title.includes("restart")).length, 1);
});

Deno.test("a broken record ends and says why; the others go on", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const { home } = alice.context;
  const broken = await world.queueHost(alice);
  await home.pendingPairs.update(broken, (record) => ({ ...record, code_hash: "0".repeat(64) }));
  const garbage = home.pendingPairs.path("00-GARBAG");
  await alice.platform.files.writeAtomic(garbage, "{", { point: "test" });
  await world.clock.advance(1);
  const good = await world.queueHost(alice);
  assert.deepEqual(await world.tick(alice), [
    "alice: request_host → aborted",
    "alice: request_host → polling",
  ]);
  assert.equal(await statusOf(alice, good), "polling");
  const { last_error } = await home.pendingPairs.read(broken) ?? {};
  assert.equal(last_error, "pending file is damaged: code_hash");
  const tellsOfGarbage = () => alice.warnings.filter((line) => line.includes("00-GARBAG")).length;
  assert.equal(tellsOfGarbage(), 0, "not every few seconds");
  await recoverPairs(alice.context);
  assert.equal(tellsOfGarbage(), 1);
});

Deno.test("a relay that fails for a while delays a pairing and does not end it", async () => {
  const { world, alice, bob, code } = await ready();
  for (const agent of [alice, bob]) {
    await pairConfirm.run(agent.context, { code, digits: await digits(agent, code) });
  }
  const failures: (Response | undefined)[] = [
    new Response("busy", { status: 503 }),
    new Response("Too Many Requests! Wait for 9s", { status: 429 }),
    new Response("<html>captive portal</html>"),
    Response.json({ peer_msg: 7 }),
  ];
  for (const answer of failures) {
    world.relay.intercept = () => answer?.clone();
    assert.deepEqual(await world.tick(alice, bob), []);
  }
  world.net.fail(RELAY, "dns");
  assert.deepEqual(await world.tick(alice, bob), []);
  world.net.fail(RELAY, undefined);
  world.relay.intercept = () => undefined;
  await world.tick(alice, bob, alice);
  assert.deepEqual(await pinned(alice), { [bob.did]: "VERIFIED" });
});

Deno.test("P3: a hostile relay's messages and bootstraps end the pairing, and nobody is pinned", async () => {
  for (const peer_msg of ["", "!!!", "QUFB", "U".repeat(44), "U".repeat(10_000)]) {
    const world = new PairWorld();
    const alice = await world.agent("alice");
    const code = await world.queueHost(alice);
    world.relay.intercept = ({ method, url }) =>
      method === "GET" && !url.endsWith("/healthz")
        ? Response.json({ peer_msg, peer_bootstrap: null })
        : undefined;
    await world.tick(alice, alice);
    assert.equal(await statusOf(alice, code), "aborted", peer_msg);
  }
  for (const peer_bootstrap of ["", "!!!", "AAAA", "A".repeat(60_000)]) {
    const { world, alice, bob, code } = await ready();
    await pairConfirm.run(alice.context, { code, digits: await digits(alice, code) });
    const peer_msg = [...world.relay.slots.values()][0]?.msg.get("guest") ?? null;
    world.relay.intercept = ({ method, url }) =>
      method === "GET" && !url.endsWith("/healthz")
        ? Response.json({ peer_msg, peer_bootstrap })
        : undefined;
    await world.tick(alice, alice);
    const record = await alice.context.home.pendingPairs.read(code);
    assert.equal(record?.status, "aborted");
    assert.match(record?.last_error ?? "", /^AEAD open failed/);
    world.relay.intercept = () => undefined;
    await world.tick(bob);
    assert.equal(await statusOf(bob, code), "aborted", "the other side hears of it");
    assert.deepEqual([await pinned(alice), await pinned(bob)], [{}, {}]);
  }
});

Deno.test("P3: our own bootstrap reflected by the relay is not taken for the peer's", async () => {
  const { world, alice, code } = await ready();
  await pairConfirm.run(alice.context, { code, digits: await digits(alice, code) });
  world.relay.intercept = (request) => {
    if (request.method !== "GET" || request.url.endsWith("/healthz")) return undefined;
    const slot = [...world.relay.slots.values()][0];
    return Response.json({
      peer_msg: slot?.msg.get("guest") ?? null,
      peer_bootstrap: slot?.bootstrap.get("host") ?? null,
    });
  };
  await world.tick(alice, alice);
  const record = await alice.context.home.pendingPairs.read(code);
  assert.match(record?.last_error ?? "", /^peer bootstrap carries our own card/);
  assert.deepEqual(await pinned(alice), {});
});

Deno.test("P6: a peer whose name is pinned to another key is refused, and told", async () => {
  const { world, alice, bob, code } = await ready();
  const keys = keyPairFromSeed(new Uint8Array(32).fill(9));
  const other = admitCard(makeCard({ handle: "bob", keys }));
  assert.ok(other.ok);
  for (const agent of [alice, bob]) {
    await pairConfirm.run(agent.context, { code, digits: await digits(agent, code) });
  }
  // The name is taken between the confirmation and the end.
  await alice.context.home.updateTrust("test", (store) => {
    const pin = pinCard(store, other, { tier: "VERIFIED", at: alice.platform.clock.timestamp() });
    assert.ok(pin.ok);
    return pin.store;
  });
  await world.tick(alice, bob, alice);
  const record = await alice.context.home.pendingPairs.read(code);
  assert.equal(record?.status, "aborted");
  assert.match(record?.last_error ?? "", /pinned to another key/);
  assert.deepEqual(await pinned(alice), { [other.did]: "VERIFIED" });
  assert.deepEqual((await alice.context.home.readRelayState()).peers, {});
});

Deno.test("lesson 20: a peer whose mailbox refuses its own token is not pinned", async () => {
  const { world, alice, bob, code } = await ready();
  for (const agent of [alice, bob]) {
    await pairConfirm.run(agent.context, { code, digits: await digits(agent, code) });
  }
  await bob.context.home.updateRelayState("test", (state) => ({
    ...state,
    self: { ...state.self, slot_token: "0".repeat(64) },
  }));
  await world.tick(alice, bob, alice);
  assert.deepEqual(await pinned(alice), {});
  const { last_error } = await alice.context.home.pendingPairs.read(code) ?? {};
  assert.match(last_error ?? "", /^peer's mailbox does not work: slot_state failed: 403 Forbidden/);
});

Deno.test("a mailbox that exists is kept and advertised, wherever the meeting is", async () => {
  const world = new PairWorld();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const mine = {
    relay_url: "http://elsewhere.test",
    slot_id: "7".repeat(32),
    slot_token: "8".repeat(64),
  };
  // It says what it is, which decides what may be given away of it.
  world.net.serve(mine.relay_url, ({ url }) => {
    const isHealth = new URL(url).pathname === "/healthz";
    return Promise.resolve(new Response("ok\n", { status: isHealth ? 200 : 503 }));
  });
  await alice.context.home.updateRelayState("test", (state) => ({ ...state, self: mine }));
  const code = await world.queueHost(alice);
  await world.queueJoin(bob, code);
  await world.tick(alice, bob, alice);
  for (const agent of [alice, bob]) {
    await pairConfirm.run(agent.context, { code, digits: await digits(agent, code) });
  }
  await world.tick(alice, bob, alice);
  assert.deepEqual((await alice.context.home.readRelayState()).self, mine);
  assert.deepEqual((await bob.context.home.readRelayState()).peers["alice"], mine);
});

Deno.test("over a 0.5.19 relay two of ours pair too", async () => {
  const { world, alice, bob, code } = await ready(new PairWorld({ legacy: true }));
  for (const agent of [alice, bob]) {
    await pairConfirm.run(agent.context, { code, digits: await digits(agent, code) });
  }
  await world.tick(alice, bob, alice);
  assert.deepEqual(await pinned(alice), { [bob.did]: "VERIFIED" });
});

Deno.test("over a 0.5.19 relay a lost answer to the opening ends in 409, and nobody's slot is abandoned", async () => {
  const world = new PairWorld({ legacy: true });
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const code = await world.queueHost(alice);
  await world.queueJoin(bob, code);
  await world.tick(alice);
  world.relay.lostReplies.add(world.relay.calls.length + 2); // health, allocate, pair
  assert.deepEqual(await world.tick(bob), []);
  assert.deepEqual(await world.tick(bob), ["bob: request_guest → aborted"]);
  assert.match((await bob.context.home.pendingPairs.read(code))?.last_error ?? "", /409 Conflict/);
  assert.equal(world.relay.count(/abandon/), 0);
  assert.equal(await statusOf(alice, code), "polling");
});
