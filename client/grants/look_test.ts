import assert from "node:assert/strict";
import { makeDid } from "../../protocol/identity/did.ts";
import { admitCard, makeCard } from "../../protocol/identity/card.ts";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { block } from "../../store/home/blocklist.ts";
import { updateGrants } from "../../store/home/grants.ts";
import {
  type GrantingWorld,
  grantingWorld,
  live,
  processOf,
  recorded,
} from "../../tests/grants/granting_world.ts";
import { eventOfBytes, hashed, RelayWorld } from "../../tests/relay/relay_world.ts";
import { json, RELAY } from "../fake/world.ts";
import { handOut } from "./hand_out.ts";
import { GrantKeeper } from "./keeper.ts";
import { lookAtGrants } from "./look.ts";

const keys = keyPairFromSeed(new Uint8Array(32).fill(9));
const BOB = { did: makeDid("bob", keys.publicKey) };

async function pinBob({ home }: GrantingWorld): Promise<void> {
  const card = admitCard(makeCard({ handle: "bob", keys }));
  assert.ok(card.ok);
  await home.updateTrust("test", (store) => {
    const pinned = pinCard(store, card, { tier: "VERIFIED", at: "2026-01-01T00:00:00Z" });
    assert.ok(pinned.ok);
    return pinned.store;
  });
}

const limitOf = async (world: GrantingWorld): Promise<unknown> => {
  const [row] = live(await world.rows());
  return Reflect.get(Object(row?.["limits"]), "max_bytes");
};

/** Bob writes that many messages of about 250 KB. */
async function write(world: GrantingWorld, token: string, count: number, from = 0) {
  const statuses: number[] = [];
  for (let n = from; n < from + count; n++) {
    const { length } = eventOfBytes("", 250_000);
    const { text } = hashed(`"n":${n},"z":"${"x".repeat(length)}"`);
    statuses.push((await world.post(token, text)).status);
  }
  return statuses.filter((status) => status !== 201);
}

Deno.test("ruling 8: a verified peer is given room before its limit is reached, and no other peer is", async () => {
  await using world = await grantingWorld();
  const bob = await handOut(world.context, BOB, world.mailbox);
  assert.deepEqual(await write(world, bob.slotToken, 20), []);
  await pinBob(world);
  assert.ok(await lookAtGrants(world.context));
  const before = await limitOf(world);
  assert.equal(before, 16 * 1024 * 1024, "not half full");
  assert.deepEqual(await write(world, bob.slotToken, 20, 20), []);
  await block(world.home, { did: BOB.did, at: "2026-01-01T00:00:00Z" });
  await lookAtGrants(world.context);
  assert.equal(await limitOf(world), before, "not while it is blocked");
  await world.platform.files.remove("/alice/config/wire/blocklist.json", { point: "test" });
  await lookAtGrants(world.context);
  assert.equal(await limitOf(world), 64 * 1024 * 1024);
  assert.deepEqual(await write(world, bob.slotToken, 60, 40), [], "beyond the old limit");
  const asked = world.platform.net.requests.length;
  await lookAtGrants(world.context);
  assert.equal(world.platform.net.requests.length, asked + 1, "raised once: only the list");
});

Deno.test("a relay is looked at once a minute, and not at all without grants", async () => {
  await using world = await grantingWorld();
  const daemon = new GrantKeeper(processOf(world), world.self);
  const { net, clock } = world.platform;
  const before = net.requests.length;
  await daemon.round();
  assert.equal(net.requests.length, before);
  await handOut(world.context, BOB, world.mailbox);
  const minted = net.requests.length;
  for (let second = 0; second < 180; second += 5) {
    await daemon.round();
    await clock.advance(5_000);
  }
  assert.equal(net.requests.length, minted + 3);
});

Deno.test("a token that the relay takes no more is not given again", async () => {
  await using world = await grantingWorld();
  const first = await handOut(world.context, BOB, world.mailbox);
  const [entry] = await recorded(world);
  await world.context.relay(world.mailbox.relayUrl).grants
    .revoke(world.mailbox, entry?.grant_id ?? "");
  await lookAtGrants(world.context);
  assert.deepEqual(await recorded(world), []);
  const second = await handOut(world.context, BOB, world.mailbox);
  assert.notEqual(second.slotToken, first.slotToken);
});

Deno.test("lesson 26: a peer that paired again keeps its old grant until it uses the new one", async () => {
  await using world = await grantingWorld();
  const old = await handOut(world.context, BOB, world.mailbox);
  const given = await handOut(world.context, { did: "pairing:4711" }, world.mailbox);
  await updateGrants(world.home, "test", (grants) => ({
    ...grants,
    grants: grants.grants.map((entry) => ({ ...entry, holder: BOB.did })),
  }));
  await lookAtGrants(world.context);
  assert.equal((await world.post(old.slotToken, hashed(`"n":1`).text)).status, 201);
  const again = await handOut(world.context, BOB, world.mailbox);
  assert.equal(again.slotToken, given.slotToken, "what is handed out is the new one");
  await world.post(given.slotToken, hashed(`"n":2`).text);
  await lookAtGrants(world.context);
  assert.deepEqual((await recorded(world)).map(({ token }) => token), [given.slotToken]);
  assert.equal((await world.post(old.slotToken, hashed(`"n":3`).text)).status, 403);
});

Deno.test("P5: a grant that came of an answer lost on the way does not stay", async () => {
  await using world = await grantingWorld();
  const { slotToken } = await handOut(world.context, BOB, world.mailbox);
  const [entry] = await recorded(world);
  assert.ok(entry);
  const { grants } = world.context.relay(world.mailbox.relayUrl);
  await grants.create(world.mailbox, { label: entry.label });
  const strange = await grants.create(world.mailbox, { label: "the operator's own" });
  await lookAtGrants(world.context);
  assert.deepEqual(
    live(await world.rows()).map(({ grant_id }) => grant_id).sort(),
    [entry.grant_id, strange.grant_id].sort(),
    "what is not ours by its label stays",
  );
  assert.equal((await world.post(slotToken, hashed(`"n":1`).text)).status, 201);
});

Deno.test("relays that fail, or say nonsense, change nothing in the record", async () => {
  await using world = await grantingWorld("alice", new RelayWorld());
  await handOut(world.context, BOB, world.mailbox);
  const before = await recorded(world);
  const answers = [json({}, 500), json({ grants: [{}] }), new Response("<html>"), json([], 404)];
  for (const answer of answers) {
    world.platform.net.serve(RELAY, () => answer.clone());
    assert.ok(!await lookAtGrants(world.context));
    assert.deepEqual(await recorded(world), before);
  }
});

Deno.test("an invite whose files cannot be read is left to its expiry", async () => {
  await using world = await grantingWorld();
  await handOut(world.context, BOB, world.mailbox);
  const nonce = "ab".repeat(32);
  await updateGrants(world.home, "test", (grants) => ({
    ...grants,
    grants: grants.grants.map((entry) => ({ ...entry, holder: `invite:${nonce}` })),
  }));
  const file = `/alice/state/wire/pending-invites/${nonce}.json`;
  await world.platform.files.ensureDirectory("/alice/state/wire/pending-invites");
  await world.platform.files.writeAtomic(file, "{", { point: "test" });
  assert.ok(await lookAtGrants(world.context));
  assert.equal(live(await world.rows()).length, 1);
  await world.platform.files.remove(file, { point: "test" });
  await lookAtGrants(world.context);
  assert.equal(live(await world.rows()).length, 0, "nobody can use it any more");
});
