/**
 * A relay that swaps, replays, delays and drops what belongs to invites and adds: at worst nothing
 * happens, and nobody is taken for somebody else.
 */
import assert from "node:assert/strict";
import { printJson } from "../../protocol/json/print.ts";
import { type Json, type JsonObject, stringMember } from "../../protocol/json/value.ts";
import { type Machine, RELAY_URL } from "../pairing/machines.ts";
import { ackFrom, AttackWorld, dropFrom, LAIR, signed, stranger } from "./attack_world.ts";

const ADD_CAROL = ["add", "carol@relay.test", "--relay", RELAY_URL];

const reply = (value: Json, status = 200): Response =>
  new Response(printJson(value), { status, headers: { "content-type": "application/json" } });

/** carol, to be found under her name, whom ida has added. */
async function withCarol(): Promise<{
  readonly world: AttackWorld;
  readonly carol: Machine;
}> {
  const world = await AttackWorld.create();
  const carol = await world.machines.agent("carol");
  await carol.ok(["claim", "carol", "--relay", RELAY_URL]);
  await world.ida.ok(ADD_CAROL);
  return { world, carol };
}

/** Keeps what is posted to ida's mailbox, and says that it was stored. */
function withhold(world: AttackWorld): JsonObject[] {
  const kept: JsonObject[] = [];
  const target = `/v1/events/${world.mailbox().slot_id}`;
  world.intercept = async (request) => {
    if (request.method !== "POST" || new URL(request.url).pathname !== target) return undefined;
    const { event } = JSON.parse(await request.clone().text());
    kept.push(event);
    return reply({ event_id: String(event.event_id), status: "stored" }, 201);
  };
  return kept;
}

Deno.test("T3: a directory that gives out another key is found out by the identity check", async () => {
  await using world = await AttackWorld.create();
  const carol = await world.machines.agent("carol");
  const namesake = stranger("carol", "the relay");
  world.intercept = (request) => {
    if (new URL(request.url).pathname !== "/.well-known/wire/agent") {
      return Promise.resolve(undefined);
    }
    const { did, card } = namesake;
    const { slot_id } = LAIR;
    const claimed_at = "2026-11-21T05:00:00Z";
    return Promise.resolve(
      reply({ nick: "carol", did, card, slot_id, relay_url: RELAY_URL, claimed_at }),
    );
  };
  await world.ida.run([...ADD_CAROL, "--json"]);
  const peers: unknown = JSON.parse(await world.ida.ok(["peers", "--json"]));
  assert.ok(Array.isArray(peers));
  const { did, tier, identity_check } = Object(peers.find((it) => it.handle === "carol"));
  assert.deepEqual([did, tier], [namesake.did, "PENDING_ACK"]);
  world.intercept = () => Promise.resolve(undefined);
  const trueDid = (await carol.record(["whoami"]))["did"];
  assert.notEqual(trueDid, did);
  const card = carol.platform.files.texts()["/carol/config/wire/agent-card.json"] ?? "";
  await world.bob.platform.files.writeAtomic("/carol.json", card, { point: "test.card" });
  const honest = await world.bob.record(["pin", "/carol.json"]);
  const carolsHalf = String(honest["identity_check"]).split(" ");
  const shown = String(identity_check).split(" ");
  for (const halves of [carolsHalf, shown]) assert.equal(halves.length, 2, halves.join(" "));
  assert.ok(!carolsHalf.some((half) => shown.includes(half)));
});

Deno.test("T3: an answer meant for somebody else, though genuine, completes no add of ours", async () => {
  const { world, carol } = await withCarol();
  await using _ = world;
  const alice = await world.machines.agent("alice");
  await alice.ok(ADD_CAROL);
  await carol.ok(["pull"]);
  const kept = withhold(world);
  await carol.ok(["pair-accept", "ida"]);
  await carol.ok(["push"]);
  assert.equal(kept.length, 1, "her answer to ida was kept back");
  const alices: JsonObject[] = [];
  world.intercept = async (request) => {
    if (request.method !== "POST") return undefined;
    const text = await request.clone().text();
    if (text.includes("pair_drop_ack")) alices.push(JSON.parse(text).event);
    return undefined;
  };
  await carol.ok(["pair-accept", "alice"]);
  await carol.ok(["push"]);
  const [foreign] = alices;
  assert.ok(foreign !== undefined && stringMember(foreign, "type") === "pair_drop_ack");
  const { rejected } = await world.strike(foreign);
  assert.equal(rejected.length, 1);
  assert.equal((await world.ida.tiers())["carol"], "PENDING_ACK");
  await world.deliver(...kept);
  assert.equal((await world.ida.tiers())["carol"], "VERIFIED", "late is not lost");
});

Deno.test("T3: a request that was for somebody else asks nobody", async () => {
  const { world, carol } = await withCarol();
  await using _ = world;
  const page = JSON.parse(
    (await world.machines.relay.list(await mailboxOf(carol))).text,
  );
  assert.equal(page[0]?.type, "pair_drop");
  assert.deepEqual((await world.strike(page[0])).waiting, []);
});

async function mailboxOf(machine: Machine): Promise<{ id: string; token: string }> {
  const { did } = await machine.record(["whoami"]);
  assert.ok(did);
  const file = Object.entries(machine.platform.files.texts())
    .find(([name]) => name.endsWith("/relay.json"));
  const { slot_id: id, slot_token: token } = JSON.parse(file?.[1] ?? "").self;
  return { id, token };
}

Deno.test("T3: a relay that says stored and drops the request pairs nobody; again is the repair", async () => {
  await using world = await AttackWorld.create();
  const dan = world.machines.machine("dan");
  const url = (await world.ida.ok(["invite"])).trim();
  const kept = withhold(world);
  await dan.ok(["accept", url]);
  assert.equal(kept.length, 1);
  world.intercept = () => Promise.resolve(undefined);
  await world.ida.ok(["pull"]);
  assert.ok(!("dan" in await world.ida.tiers()));
  await dan.ok(["accept", url]);
  await world.ida.ok(["pull"]);
  assert.equal((await world.ida.tiers())["dan"], "VERIFIED");
});

Deno.test("P1: whatever a relay brings again, in any order, stands in the inbox once", async () => {
  await using world = await AttackWorld.create();
  await world.friendGetsThrough();
  await world.friendGetsThrough();
  const held = await world.held();
  await world.strike(...held, ...held.toReversed(), ...held);
  const bodies = (await world.ida.bodies("bob")).filter((body) => typeof body === "string");
  assert.deepEqual(bodies, ["mail 1", "mail 2", "mail 3"]);
});

Deno.test("T3: a forgotten peer's old messages, replayed, bring it back to nobody's trust", async () => {
  await using world = await AttackWorld.create();
  await world.friendGetsThrough();
  const old = await world.held();
  await world.ida.ok(["forget-peer", "bob"]);
  const before = await world.standing();
  await world.deliver(...old);
  assert.deepEqual(await world.standing(), before);
});

Deno.test("lesson 1: a mutilated copy that came first does not keep a stranger's message from us", async () => {
  await using world = await AttackWorld.create();
  const carol = stranger("carol");
  const mail = signed({
    ...ackFrom(carol.did, world.idaDid),
    type: "claim",
    kind: 1001,
    body: "before you knew me",
  }, carol);
  const { signature } = signed(dropFrom(carol, world.idaDid), carol);
  await world.strike({ ...mail, signature: signature ?? "" }, {
    ...mail,
    public_key_id: "carol:0",
  });
  await world.strike(mail);
  const card = printJson(carol.card);
  await world.ida.platform.files.writeAtomic("/card.json", card, { point: "test.card" });
  await world.ida.ok(["pin", "/card.json"]);
  await world.ida.ok(["pull"]);
  assert.deepEqual(await world.ida.bodies("carol"), ["before you knew me"]);
});
