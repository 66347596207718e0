/** Invites and requests to pair between ours and 0.5.19, each way, over both kinds of relay. */
import assert from "node:assert/strict";
import type { Home } from "../e2e/world.ts";
import { claimNick } from "./reference/directory_calls.ts";
import type { ReferenceHome } from "./reference/home.ts";
import { at, isList, object, parse, ref, text, withMembers } from "./reference/json.ts";
import { pull, push, send } from "./reference/mail.ts";
import { acceptInbound, acceptInvite, add, inbound, mint } from "./reference/strangers.ts";
import { InteropWorld, RELAYS } from "./world.ts";

interface Two {
  readonly world: InteropWorld;
  readonly ours: Home;
  readonly theirs: ReferenceHome;
}

/** alice is ours, bob is a home of 0.5.19; both have claimed their names. */
async function two(kind: InteropWorld["kind"]): Promise<Two> {
  const world = await InteropWorld.create(kind, { reach: "public" });
  const ours = await world.world.agent("alice", world.url);
  const theirs = await world.referencePeer("bob");
  await ours.ok(["claim", "alice", "--relay", world.url]);
  assert.equal(await claim(theirs), "claimed");
  return { world, ours, theirs };
}

async function claim(theirs: ReferenceHome): Promise<string> {
  const self = object(await theirs.relayState(), "self");
  const slot = {
    relay_url: text(self, "relay_url"),
    slot_id: text(self, "slot_id"),
    slot_token: text(self, "slot_token"),
  };
  return await claimNick(slot, await theirs.handle(), await theirs.card());
}

async function tiers(ours: Home): Promise<Record<string, unknown>> {
  return Object.fromEntries((await ours.list(["peers"])).map(({ handle, tier }) => [handle, tier]));
}

/** A message each way is verified where it arrives. */
async function talk({ ours, theirs }: Two): Promise<void> {
  const { event_id } = await ours.record(["send", "bob", "over to you"]);
  await ours.ok(["push"]);
  const pulled = await pull(theirs);
  assert.ok(pulled.written.includes(String(event_id)), pulled.rejected.join());
  assert.ok(!pulled.isBlocked);
  const back = await send(theirs, { peer: "alice", body: "and back" });
  const pushed = await push(theirs, "command");
  assert.ok(pushed.pushed.includes(back), pushed.failed.join());
  const { written } = await ours.record(["pull"]);
  assert.ok(JSON.stringify(written).includes(back));
}

/** On a relay that issues grants our mailbox's own token is nobody else's. */
async function checkToken({ world, ours, theirs }: Two): Promise<void> {
  const own: unknown = JSON.parse(await Deno.readTextFile(`${ours.path}/config/wire/relay.json`));
  const ownToken = String(Object(Object(own).self).slot_token);
  const given = text(await theirs.relayState(), "peers", "alice", "slot_token");
  assert.match(given, /^[0-9a-f]{64}$/);
  assert.equal(given === ownToken, world.kind === "a 0.5.19 relay");
  const kept = JSON.stringify(await allText(theirs.path));
  assert.equal(kept.includes(ownToken), world.kind === "a 0.5.19 relay");
}

async function allText(directory: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const entry of Deno.readDir(directory)) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) texts.push(...await allText(path));
    else if (entry.name !== "private.key") texts.push(await Deno.readTextFile(path));
  }
  return texts;
}

for (const kind of RELAYS) {
  Deno.test(`interop: on ${kind}, 0.5.19 accepts an invite of ours`, async () => {
    const pair = await two(kind);
    await using _ = pair.world;
    const { ours, theirs } = pair;
    const url = (await ours.ok(["invite"])).trim();
    await acceptInvite(theirs, url);
    await ours.ok(["pull"]);
    assert.deepEqual(await tiers(ours), { bob: "VERIFIED" });
    await talk(pair);
    await checkToken(pair);
  });

  Deno.test(`interop: on ${kind}, ours accepts an invite of 0.5.19`, async () => {
    const pair = await two(kind);
    await using _ = pair.world;
    const { ours, theirs } = pair;
    const { paired_with } = await ours.record(["accept", await mint(theirs)]);
    assert.equal(paired_with, await theirs.did());
    const { isBlocked, rejected } = await pull(theirs);
    assert.deepEqual([isBlocked, rejected], [false, []]);
    await talk(pair);
    await checkToken(pair);
  });

  Deno.test(`interop: on ${kind}, ours adds 0.5.19, which accepts`, async () => {
    const pair = await two(kind);
    await using _ = pair.world;
    const { world, ours, theirs } = pair;
    await ours.ok(["add", "bob@relay.example", "--relay", world.url]);
    assert.deepEqual(await tiers(ours), { bob: "PENDING_ACK" });
    assert.ok((await pull(theirs)).isBlocked, "as 0.5.19 does until it is answered");
    const { did } = await ours.record(["whoami"]);
    assert.equal(text(await inbound(theirs, "alice"), "peer_did"), did);
    await acceptInbound(theirs, "alice");
    await ours.ok(["pull"]);
    assert.deepEqual(await tiers(ours), { bob: "VERIFIED" });
    await talk(pair);
  });

  Deno.test(`interop: on ${kind}, 0.5.19 adds ours, which accepts; its ack has our endpoints`, async () => {
    const pair = await two(kind);
    await using _ = pair.world;
    const { world, ours, theirs } = pair;
    await add(theirs, world.url, "alice");
    const { cursor_blocked } = await ours.record(["pull"]);
    assert.ok(cursor_blocked === false);
    const [request] = await ours.list(["pair-list-inbound"]);
    assert.equal(request?.["peer_did"], await theirs.did());
    await ours.ok(["pair-accept", "bob"]);
    await ours.ok(["push"]);
    await pull(theirs);
    const endpoints = at(await theirs.relayState(), "peers", "alice", "endpoints");
    assert.ok(isList(endpoints) && endpoints.length === 1);
    assert.equal(text(endpoints[0], "relay_url"), world.url);
    assert.deepEqual(await ours.list(["pair-list-inbound"]), []);
    await talk(pair);
  });

  Deno.test(`interop: on ${kind}, both add each other, and either has the other at the end`, async () => {
    const pair = await two(kind);
    await using _ = pair.world;
    const { world, ours, theirs } = pair;
    await add(theirs, world.url, "alice");
    await ours.ok(["add", "bob@relay.example", "--relay", world.url]);
    await ours.ok(["pull"]);
    await ours.ok(["push"]);
    assert.deepEqual(await tiers(ours), { bob: "VERIFIED" });
    await pull(theirs);
    await acceptInbound(theirs, "alice");
    await talk(pair);
  });

  Deno.test(`interop: on ${kind}, names are claimed again by their key, and by no other`, async () => {
    const { world, ours, theirs } = await two(kind);
    await using _ = world;
    const again = await ours.record(["claim", "alice", "--relay", world.url]);
    assert.equal(Object(again["response"]).status, RE_CLAIMED);
    assert.equal(await claim(theirs), RE_CLAIMED);
    const thief = await world.world.agent("carol", world.url);
    const { code, stderr } = await thief.run(["claim", "bob", "--relay", world.url]);
    assert.equal(code, 1);
    assert.match(stderr, /409/);
    const { paired_with } = await ours.record(["add", "bob@relay.example", "--relay", world.url]);
    assert.equal(paired_with, await theirs.did());
  });

  Deno.test(`interop: on ${kind}, 0.5.19 follows ours to another mailbox`, async () => {
    const pair = await two(kind);
    await using _ = pair.world;
    const { ours, theirs } = pair;
    await acceptInvite(theirs, (await ours.ok(["invite"])).trim());
    await ours.ok(["pull"]);
    const before = text(await theirs.relayState(), "peers", "alice", "slot_id");
    const { announced_to } = await ours.record(["rotate-slot"]);
    assert.deepEqual(announced_to, ["bob"]);
    const { rejected } = await pull(theirs);
    assert.deepEqual(rejected, []);
    assert.notEqual(text(await theirs.relayState(), "peers", "alice", "slot_id"), before);
    const kinds = (await theirs.inbox("alice")).map((line) => text(parse(line), "type"));
    assert.ok(kinds.includes("wire_close"), kinds.join());
    await talk(pair);
  });

  Deno.test(`interop: on ${kind}, a wire_close of 0.5.19 is read, and moves nobody's mail`, async () => {
    const pair = await two(kind);
    await using _ = pair.world;
    const { ours, theirs } = pair;
    await acceptInvite(theirs, (await ours.ok(["invite"])).trim());
    await ours.ok(["pull"]);
    const elsewhere = { relay_url: "http://127.0.0.1:1", slot_id: "0".repeat(32) };
    const closed = await send(theirs, { peer: "alice", kind: "wire_close", body: ref(elsewhere) });
    await push(theirs, "command");
    const { written } = await ours.record(["pull"]);
    assert.deepEqual(written, [{ event_id: closed, from: "bob" }]);
    await talk(pair);
  });
}

const RE_CLAIMED = "re-claimed";

Deno.test("interop: a 0.5.19 relay that swaps what it answers of names pins no name to a wrong key", async () => {
  const { world, ours, theirs } = await two("a 0.5.19 relay");
  await using _ = world;
  const mallory = await world.referencePeer("mallory");
  assert.equal(await claim(mallory), "claimed");
  const card = await mallory.card();
  const { reference } = world;
  assert.ok(reference);
  const lies: readonly Record<string, unknown>[] = [
    { card },
    { did: text(card, "did") },
    { card: withMembers(await theirs.card(), { name: "changed" }) },
    { card: null },
    { nick: "mallory", card, did: text(card, "did") },
  ];
  for (const lie of lies) {
    reference.lie = (path, reply) => {
      const isRecord = path.startsWith("/.well-known/") && reply.status === 200;
      return isRecord ? { ...reply, json: { ...Object(reply.json), ...lie } } : reply;
    };
    const { code } = await ours.run(["add", "bob@relay.example", "--relay", world.url]);
    assert.equal(code, 1, Object.keys(lie).join());
    assert.deepEqual(await tiers(ours), {});
  }
  assert.equal((await pull(theirs)).total, 0, "and nothing of ours went out");
});

Deno.test("interop: a 0.5.19 relay that swaps the mail of two mailboxes completes no pairing with it", async () => {
  const { world, ours, theirs } = await two("a 0.5.19 relay");
  await using _ = world;
  const carol = await world.world.agent("carol", world.url);
  for (const home of [ours, carol]) {
    await home.ok(["add", "bob@relay.example", "--relay", world.url]);
  }
  await pull(theirs);
  await acceptInbound(theirs, "carol");
  const { reference } = world;
  assert.ok(reference);
  const slots = await Promise.all([ours, carol].map(slotId));
  const pages = new Map<string, unknown>();
  reference.lie = (path, reply) => {
    const slot = path.match(/^\/v1\/events\/([0-9a-f]{32})$/)?.[1];
    if (slot === undefined || !Array.isArray(reply.json)) return reply;
    pages.set(slot, reply.json);
    const [other] = slots.filter((it) => it !== slot);
    return { ...reply, json: pages.get(other ?? "") ?? [] };
  };
  for (const home of [carol, ours, carol, ours]) await home.ok(["pull"]);
  assert.ok(pages.size === 2);
  assert.deepEqual(await tiers(ours), { bob: "PENDING_ACK" });
  assert.deepEqual(await tiers(carol), { bob: "PENDING_ACK" });
  reference.lie = (_, reply) => reply;
  await carol.ok(["pull"]);
  assert.deepEqual(await tiers(carol), { bob: "VERIFIED" }, "late is not lost");
  assert.deepEqual(await tiers(ours), { bob: "PENDING_ACK" });
});

async function slotId(home: Home): Promise<string> {
  const text = await Deno.readTextFile(`${home.path}/config/wire/relay.json`);
  return String(Object(JSON.parse(text).self).slot_id);
}
