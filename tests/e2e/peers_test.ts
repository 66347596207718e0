/** Peers that are kept by hand, as two people would do it at two terminals. */
import assert from "node:assert/strict";
import { type Home, World } from "./world.ts";

async function pinned(world: World): Promise<{ alice: Home; bob: Home; url: string }> {
  const { url } = await world.relay();
  const [alice, bob] = [await world.agent("alice", url), await world.agent("bob", url)];
  for (const [who, peer] of [[alice, bob], [bob, alice]] as const) {
    const pin = await who.record(["pin", `${peer.path}/config/wire/agent-card.json`]);
    assert.equal(pin["handle"], peer.name);
    const { slot_id, slot_token } = await selfOf(peer);
    await who.ok(["add-peer-slot", peer.name, url, slot_id, "-"], `${slot_token}\n`);
  }
  return { alice, bob, url };
}

async function selfOf(home: Home): Promise<{ slot_id: string; slot_token: string }> {
  const { self } = JSON.parse(await Deno.readTextFile(`${home.path}/config/wire/relay.json`));
  return self;
}

const bodies = async (home: Home): Promise<unknown[]> => {
  const lines = (await home.ok(["tail", "--json"])).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line)["body"]);
};

Deno.test("two homes pinned by hand show one identity check, and mail goes both ways", async () => {
  await using world = await World.create();
  const { alice, bob } = await pinned(world);
  const [[left], [right]] = [await alice.list(["peers"]), await bob.list(["peers"])];
  assert.deepEqual([left?.["tier"], right?.["tier"]], ["VERIFIED", "VERIFIED"]);
  assert.equal(left?.["identity_check"], right?.["identity_check"]);
  for (const [from, to] of [[alice, bob], [bob, alice]] as const) {
    await from.ok(["send", to.name, `from ${from.name}`]);
    await from.ok(["push"]);
    await to.ok(["pull"]);
    assert.deepEqual(await bodies(to), [`from ${from.name}`]);
  }
});

Deno.test("lesson 6, lesson 13: after rotate-slot mail arrives from who has not heard of it and who has", async () => {
  await using world = await World.create();
  const { alice, bob } = await pinned(world);
  const before = await selfOf(alice);
  await bob.ok(["send", "alice", "sent before"]);
  await bob.ok(["push"]);
  const rotated = await alice.record(["rotate-slot"]);
  assert.deepEqual(rotated["announced_to"], ["bob"]);
  assert.notEqual((await selfOf(alice)).slot_token, before.slot_token);
  await bob.ok(["send", "alice", "sent after"]);
  await bob.ok(["push"]);
  await bob.ok(["pull"]);
  const { peers } = JSON.parse(await Deno.readTextFile(`${bob.path}/config/wire/relay.json`));
  const { slot_id, slot_token } = await selfOf(alice);
  assert.equal(peers.alice.slot_id, slot_id);
  assert.notEqual(peers.alice.slot_token, slot_token, "a grant of bob's own, never alice's token");
  await bob.ok(["send", "alice", "sent to the new mailbox"]);
  await bob.ok(["push"]);
  await alice.ok(["pull"]);
  const arrived = (await bodies(alice)).sort();
  assert.deepEqual(arrived, ["sent after", "sent before", "sent to the new mailbox"]);
});

Deno.test("S25: a forgotten peer is no longer heard, and its token is said to be good until rotate-slot", async () => {
  await using world = await World.create();
  const { alice, bob } = await pinned(world);
  const { stdout, stderr } = await alice.run(["forget-peer", "bob", "--purge"]);
  assert.match(stdout, /^forgot bob: removed from trust and relay state\n/);
  assert.match(
    stderr,
    /bob holds no token that we made; if it was given .* by hand, .*rotate-slot/s,
  );
  await bob.ok(["send", "alice", "hello?"]);
  await bob.ok(["push"]);
  await alice.ok(["pull"]);
  assert.deepEqual(await bodies(alice), []);
  assert.deepEqual(await alice.json(["forget-peer", "bob"]), {
    reason: 'peer "bob" not pinned',
    removed: false,
  });
});

Deno.test("a profile that was set is on the card that peers pin", async () => {
  await using world = await World.create();
  const { alice, bob } = await pinned(world);
  await bob.ok(["profile", "set", "motto", "ship it"]);
  const card = JSON.parse(await Deno.readTextFile(`${bob.path}/config/wire/agent-card.json`));
  assert.equal(card["profile"]["motto"], "ship it");
  await alice.ok(["pin", `${bob.path}/config/wire/agent-card.json`]);
  const { code, stderr } = await bob.run(["profile", "set", "mood", "x"]);
  assert.equal(code, 1);
  assert.match(stderr, /^error: unknown profile field "mood" \(allowed: display_name, /);
});
