import assert from "node:assert/strict";
import { makeCard } from "../../protocol/identity/card.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { printJson } from "../../protocol/json/print.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { admitCard } from "../../protocol/identity/card.ts";
import { json, livingWorld, RELAY, run, serveRelay, type World } from "../fake/world.ts";
import { mailboxOf } from "../../tests/grants/granting_world.ts";
import { rememberClass } from "../grants/slot_class.ts";
import { add } from "./add.ts";
import { claim } from "./claim.ts";

const OURS = { relay_url: RELAY, slot_id: "1".repeat(32), slot_token: "1".repeat(64) };
const keysOf = (seed: number) => keyPairFromSeed(new Uint8Array(32).fill(seed));
const BOB = makeDid("bob", keysOf(9).publicKey);
const record = (about: object = {}) => ({
  card: makeCard({ handle: "bob", keys: keysOf(9) }),
  claimed_at: "2026-01-01T00:00:00Z",
  did: BOB,
  nick: "bob",
  relay_url: RELAY,
  slot_id: "2".repeat(32),
  ...about,
});

async function world(answer: unknown = record()) {
  const living = await livingWorld("alice");
  await living.home.updateRelayState("test", (state) => ({ ...state, self: OURS }));
  const mailbox = mailboxOf({ id: OURS.slot_id, token: OURS.slot_token });
  await rememberClass(living.context, mailbox, "shared");
  serveRelay(living, {
    "GET /.well-known/wire/agent": json(answer),
    "POST /v1/handle/intro/bob": json({ event_id: "x", status: "dropped", to_nick: "bob" }, 201),
    "POST /v1/handle/claim": json({ did: living.self.did, nick: "ally", status: "claimed" }, 201),
  });
  return living;
}

const addBob = (living: World) => run(add, living, { handle: "bob@r.example", relay: RELAY });

Deno.test("add pins the resolved card, without a token, and sends a request", async () => {
  const living = await world();
  const output = await addBob(living);
  assert.equal(output.status, "drop_sent");
  assert.equal(output.paired_with, BOB);
  assert.equal((await living.home.readTrust()).agents.get("bob")?.value["paired_via"], "add");
  assert.equal((await living.home.readRelayState()).peers["bob"]?.slot_token, "");
  assert.match(living.warnings[0] ?? "", /^wire add: WARN unfamiliar relay domain `r\.example`\.$/);
});

Deno.test("lesson 24: a record whose card does not prove its DID and nick pins nobody", async () => {
  const records = [
    record({ did: makeDid("bob", keysOf(10).publicKey) }),
    record({ card: null }),
    record({ card: makeCard({ handle: "bob", keys: keysOf(10) }) }),
    record({ card: { ...makeCard({ handle: "bob", keys: keysOf(9) }), name: "changed" } }),
    record({ nick: "carol" }),
  ];
  for (const answer of records) {
    const living = await world(answer);
    await assert.rejects(addBob(living), { code: "relay_garbage" });
    assert.ok(!(await living.home.readTrust()).agents.has("bob"));
  }
});

Deno.test("the A2A branch is believed no more", async () => {
  const living = await livingWorld("alice");
  await living.home.updateRelayState("test", (state) => ({ ...state, self: OURS }));
  const mailbox = mailboxOf({ id: OURS.slot_id, token: OURS.slot_token });
  await rememberClass(living.context, mailbox, "shared");
  const params = record({ did: makeDid("bob", keysOf(10).publicKey) });
  const extensions = [{ uri: "https://slancha.ai/wire/ext/v0", params }];
  serveRelay(living, { "GET /.well-known/agent-card.json": json({ extensions }) });
  await assert.rejects(addBob(living), { code: "relay_garbage" });
});

Deno.test("adding ourselves under any nick is refused, by DID", async () => {
  const self = (await livingWorld("alice")).self;
  const card: unknown = JSON.parse(printJson(self.card));
  const living = await world(record({ card, did: self.did }));
  await assert.rejects(addBob(living), { code: "conflict", message: /that is ourselves/ });
});

Deno.test("lesson 22: add does not take a pinned name for another key", async () => {
  const living = await world();
  const card = admitCard(makeCard({ handle: "bob", keys: keysOf(10) }));
  assert.ok(card.ok);
  await living.home.updateTrust("test", (store) => {
    const pinned = pinCard(store, card, { tier: "VERIFIED", at: "" });
    assert.ok(pinned.ok);
    return pinned.store;
  });
  await assert.rejects(addBob(living), { code: "conflict" });
  assert.deepEqual((await living.home.readRelayState()).peers, {});
});

Deno.test("lesson 26: adding again keeps the token that the peer gave", async () => {
  const living = await world();
  await addBob(living);
  const bob = { relay_url: RELAY, slot_id: "3".repeat(32), slot_token: "3".repeat(64) };
  await living.home.updateRelayState("test", (state) => ({ ...state, peers: { bob } }));
  await addBob(living);
  assert.deepEqual((await living.home.readRelayState()).peers["bob"], bob);
});

Deno.test("claim posts our card; another relay than our mailbox's, or a reserved nick, is refused", async () => {
  const living = await world();
  const output = await run(claim, living, { nick: "ally" });
  assert.equal(output.response.status, "claimed");
  await assert.rejects(run(claim, living, { nick: "ally", relay: "http://other.test" }), {
    code: "conflict",
  });
  await assert.rejects(run(claim, living, { nick: "admin" }), { code: "usage" });
});
