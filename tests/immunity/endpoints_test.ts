/**
 * Addresses in our own machine and network, sent in at every door by which a peer may say where its
 * mailbox is: none of them is called before the operator allows it.
 */
import assert from "node:assert/strict";
import type { FakeNet } from "../../platform/fake/net.ts";
import { PairWorld, pinned } from "../../client/pairing/fake/pair_world.ts";
import { bindMailbox } from "../../client/mailbox.ts";
import { allowRelay } from "../../client/operations/allow_relay.ts";
import { pairList } from "../../client/operations/pair_list.ts";
import { pairConfirm } from "../../client/operations/pair_confirm.ts";
import { isSlotId, isSlotToken, parseRelayUrl } from "../../protocol/ids.ts";
import { isInviteNonce } from "../../protocol/invite/invite_record.ts";
import { mintInvite } from "../../protocol/invite/invite_url.ts";
import { printJson } from "../../protocol/json/print.ts";
import { assertVerified, Pair2World, rounds } from "../pair2/pair2_world.ts";
import { RELAY_URL } from "../pairing/machines.ts";
import { AttackWorld, dropFrom, LAIR, signed, stranger } from "./attack_world.ts";

const EVE = stranger("eve");
const { slot_id: SLOT, slot_token: TOKEN } = LAIR;

/** What runs on a developer's machine, in a cloud and in a home: each would take a POST. */
const TRAPS = [
  "http://127.0.0.1:8080",
  "http://localhost:6379",
  "http://2130706433:8080",
  "http://[::1]:8080",
  "http://[::ffff:127.0.0.1]:8080",
  "http://0.0.0.0:8080",
  "http://169.254.169.254",
  "http://192.168.1.1",
  "http://[fd00::1]:8770",
  "http://router",
  "https://db.internal",
] as const;

/** Serves all of them. @returns what was called there */
function trap(net: FakeNet): string[] {
  const called: string[] = [];
  for (const place of TRAPS) {
    net.serve(place, ({ method, url }) => {
      called.push(`${method} ${url}`);
      return new Response("{}", { status: 201 });
    });
  }
  return called;
}

const at = (relay_url: string) => ({ relay_url, slot_id: SLOT, slot_token: TOKEN });

Deno.test("a stranger's request that names a private mailbox is not accepted, and nobody is pinned", async () => {
  await using world = await AttackWorld.create();
  const called = trap(world.machines.net);
  const before = await world.standing();
  for (const place of TRAPS) {
    await world.deliver(signed(dropFrom(EVE, world.idaDid, at(place)), EVE));
    assert.deepEqual(await world.waiting(), ["eve"], place);
    const { code, stderr } = await world.ida.run(["pair-accept", "eve"]);
    assert.equal(code, 4, place);
    assert.match(stderr, /Cannot accept the request of eve: \S+ is (on this machine|in a private)/);
    assert.ok(stderr.includes(`wire allow-relay ${place}`), stderr);
  }
  assert.deepEqual(await world.standing(), before);
  assert.deepEqual(called, []);
});

Deno.test("an acceptor of our invite with a private mailbox is pinned, and sent nothing", async () => {
  await using world = await AttackWorld.create();
  const called = trap(world.machines.net);
  const { ida, idaDid } = world;
  for (const [number, place] of TRAPS.entries()) {
    const who = stranger(`eve${number}`);
    const { searchParams } = new URL((await ida.ok(["invite"])).trim());
    const [payload = ""] = (searchParams.get("inv") ?? "").split(".");
    const bytes = Uint8Array.fromBase64(payload, { alphabet: "base64url" });
    const { nonce: pair_nonce } = JSON.parse(new TextDecoder().decode(bytes));
    await world.deliver(signed(dropFrom(who, idaDid, { ...at(place), pair_nonce }), who));
    assert.equal((await ida.tiers())[`eve${number}`], "VERIFIED", place);
    await ida.ok(["send", `eve${number}`, "hello"]);
    const { stdout } = await ida.run(["push", "--json"]);
    assert.ok(stdout.includes(`wire allow-relay ${place}`), stdout);
  }
  assert.deepEqual(called, []);
  await world.friendGetsThrough();
});

Deno.test("an invite to a private relay is not accepted, also on a fresh machine, and makes nothing there", async () => {
  await using world = await AttackWorld.create();
  const called = trap(world.machines.net);
  const fresh = world.machines.machine("fresh");
  for (const place of TRAPS) {
    const relayUrl = parseRelayUrl(place);
    const nonce = "0".repeat(64);
    assert.ok(relayUrl && isSlotId(SLOT) && isSlotToken(TOKEN) && isInviteNonce(nonce));
    const { did, card, keys } = EVE;
    const mailbox = { relayUrl, slotId: SLOT, slotToken: TOKEN };
    const url = mintInvite({ did, card, ...mailbox, nonce, exp: 4_000_000_000, keys });
    for (const machine of [world.ida, fresh]) {
      const { code, stderr } = await machine.run(["accept", url]);
      assert.equal(code, 4, stderr);
      assert.ok(stderr.includes(`wire allow-relay ${place}`), stderr);
    }
  }
  assert.deepEqual(called, []);
  assert.deepEqual(Object.keys(await world.ida.tiers()), ["bob"]);
  assert.deepEqual(fresh.platform.files.texts(), {}, "no identity, no mailbox");
});

Deno.test("a directory that names a private relay for a nick: the request is not sent there", async () => {
  await using world = await AttackWorld.create();
  const called = trap(world.machines.net);
  for (const place of TRAPS) {
    world.intercept = ({ url }) =>
      Promise.resolve(
        new URL(url).pathname === "/.well-known/wire/agent"
          ? new Response(
            printJson({
              nick: "eve",
              did: EVE.did,
              card: EVE.card,
              slot_id: SLOT,
              relay_url: place,
            }),
          )
          : undefined,
      );
    const { code, stderr } = await world.ida.run(["add", "eve@relay.test", "--relay", RELAY_URL]);
    assert.equal(code, 4, stderr);
    assert.ok(stderr.includes(`wire allow-relay ${place}`), stderr);
  }
  assert.deepEqual(called, []);
  assert.deepEqual(Object.keys(await world.ida.tiers()), ["bob"]);
});

Deno.test("old pairing form: a private mailbox is pinned with its key, told, and not asked", async () => {
  const world = new PairWorld();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const place = "http://192.168.1.1";
  const calls: string[] = [];
  world.net.serve(place, (request) => {
    calls.push(`${request.method} ${new URL(request.url).pathname.split("/")[2]}`);
    return new Response("ok\n");
  });
  await bob.context.home.updateRelayState("test", (state) => ({ ...state, self: at(place) }));
  const code = await world.queueHost(alice);
  await world.queueJoin(bob, code);
  await world.tick(alice, bob, alice);
  for (const { context } of [alice, bob]) {
    const digits = (await context.home.pendingPairs.read(code))?.sas ?? "";
    await pairConfirm.run(context, { code, digits });
  }
  await world.tick(alice, bob, alice, bob);
  assert.deepEqual(await pinned(alice), { [bob.did]: "VERIFIED" });
  assert.match(alice.warnings.join("\n"), /wire allow-relay http:\/\/192\.168\.1\.1$/m);
  // Bob asks his own relay for its features; alice would have asked for the state of his mailbox.
  assert.deepEqual(calls.filter((call) => call !== "GET undefined"), []);
});

Deno.test("pair/2: the pairing waits for the operator's consent, asks nobody, and goes on with it", async () => {
  await using world = new Pair2World();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const place = "http://192.168.1.1";
  const calls: string[] = [];
  bob.platform.net.serve(place, (request) => world.answer(request, "bob"));
  alice.platform.net.serve(place, (request) => {
    calls.push(request.url);
    return world.answer(request, "alice");
  });
  // Bob's mailbox is on his own network; the meeting place is public.
  const context = bob.context();
  const url = parseRelayUrl(place);
  assert.ok(url !== undefined);
  const { handle } = await context.home.readIdentity();
  await bindMailbox(context, { url, handle, owner: "test" });
  const code = await world.host(alice);
  await world.join(bob, code);
  await rounds(alice, bob);
  assert.equal(await alice.tierOf("bob"), undefined);
  assert.deepEqual(calls, []);
  const listings: unknown[] = [];
  const { signal } = new AbortController();
  for await (const listing of pairList.stream(alice.context(), {}, signal)) listings.push(listing);
  assert.match(JSON.stringify(listings), /"waiting_for":"your consent: wire allow-relay http:/);
  await allowRelay.run(alice.context(), { url: place });
  await rounds(alice, bob);
  await assertVerified(alice, bob);
  assert.ok(calls.length > 0);
});
