import assert from "node:assert/strict";
import { DROP } from "../../protocol/drop/drop.ts";
import { WireError } from "../../protocol/errors.ts";
import { buildEvent, signEvent } from "../../protocol/event/event.ts";
import { makeCard } from "../../protocol/identity/card.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { printJson } from "../../protocol/json/print.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { admitCard } from "../../protocol/identity/card.ts";
import { fakeWorld, json, livingWorld, RELAY, run, serveRelay, type World } from "../fake/world.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import { createContext } from "../context.ts";
import { BOB, keysOf, recordOfBob } from "../fake/directory.ts";
import { mailboxOf } from "../../tests/grants/granting_world.ts";
import { rememberClass } from "../grants/slot_class.ts";
import { lastPassages } from "../../store/home/passages.ts";
import { PendingInbound } from "../../store/home/pending_inbound.ts";
import { emptyTally } from "../sync/pull_report.ts";
import { Receiver } from "../sync/receiver.ts";
import { add } from "./add.ts";
import { claim } from "./claim.ts";

const OURS = { relay_url: RELAY, slot_id: "1".repeat(32), slot_token: "1".repeat(64) };
const AT = "2026-01-01T00:00:00Z";

async function world(answer: unknown = recordOfBob()) {
  const living = await livingWorld("alice");
  await living.home.updateRelayState("test", (state) => ({ ...state, self: OURS }));
  const mailbox = mailboxOf({ id: OURS.slot_id, token: OURS.slot_token });
  await rememberClass(living.context, mailbox, "shared");
  serveRelay(living, {
    "GET /.well-known/wire/agent": json(answer),
    "POST /v1/handle/intro/bob": json({ event_id: "x", status: "dropped", to_nick: "bob" }, 201),
    [`POST /v1/events/${"2".repeat(32)}`]: () =>
      json({ event_id: "0".repeat(64), status: "stored" }, 201),
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

Deno.test("P4 P7: who is added is recorded as unproved first, and nobody is asked or pinned where that cannot be written", async () => {
  const living = await world();
  const files = new FaultFiles(living.platform.files).diskFullAt({ point: "home.passage" });
  const context = createContext({ ...living.platform, files }, { warn: () => undefined });
  const input = add.input.parse({ handle: "bob@r.example", relay: RELAY });
  await assert.rejects(add.run(context, input), { code: "write_failed" });
  assert.ok(!(await living.home.readTrust()).agents.has("bob"));
  assert.ok(!living.platform.net.requests.some(({ url }) => url.includes("/intro/")));
  await addBob(living);
  const { passages } = await lastPassages(living.home, 5);
  const recorded = { op: "add", face: "cli", proof: "unproved", subject: BOB };
  assert.deepEqual(passages.map((passage) => ({ ...passage, at: "" })), [{ at: "", ...recorded }]);
});

Deno.test("lesson 24: a record whose card does not prove its DID and nick pins nobody", async () => {
  const records = [
    recordOfBob({ did: makeDid("bob", keysOf(10).publicKey) }),
    recordOfBob({ card: null }),
    recordOfBob({ card: makeCard({ handle: "bob", keys: keysOf(10) }) }),
    recordOfBob({ card: { ...makeCard({ handle: "bob", keys: keysOf(9) }), name: "changed" } }),
    recordOfBob({ nick: "carol" }),
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
  const params = recordOfBob({ did: makeDid("bob", keysOf(10).publicKey) });
  const extensions = [{ uri: "https://slancha.ai/wire/ext/v0", params }];
  serveRelay(living, { "GET /.well-known/agent-card.json": json({ extensions }) });
  await assert.rejects(addBob(living), { code: "relay_garbage" });
});

Deno.test("adding ourselves under any nick is refused, by DID", async () => {
  const self = (await livingWorld("alice")).self;
  const card: unknown = JSON.parse(printJson(self.card));
  const living = await world(recordOfBob({ card, did: self.did }));
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

const claims = async ({ platform }: World): Promise<[string, Record<string, unknown>][]> =>
  await Promise.all(
    platform.net.requests.filter(({ url }) => url.endsWith("/v1/handle/claim"))
      .map(async (request) => [request.url, await request.clone().json()]),
  );

Deno.test("claim --relay elsewhere points at the mailbox that we have there", async () => {
  const living = await world();
  const there = "http://there.test";
  const slot = { slot_id: "4".repeat(32), slot_token: "4".repeat(64) };
  const endpoints = [
    { ...OURS, scope: "federation" },
    { relay_url: there, ...slot, scope: "federation" },
  ];
  await living.home.updateRelayState("test", (state) => ({
    ...state,
    self: { ...OURS, endpoints },
  }));
  const reply = { did: living.self.did, nick: "ally", status: "claimed" };
  living.platform.net.serve(there, () => Promise.resolve(json(reply, 201)));
  const output = await run(claim, living, { nick: "ally", relay: `${there}/` });
  assert.equal(output.relay, there);
  const [[url, body] = []] = await claims(living);
  assert.equal(url, `${there}/v1/handle/claim`);
  assert.deepEqual([body?.["slot_id"], body?.["relay_url"]], [slot.slot_id, there]);
  assert.deepEqual((await living.home.readRelayState()).self?.slot_id, OURS.slot_id);
});

Deno.test("claim --public-url is what others are shown; --hidden alone says discoverable", async () => {
  const living = await world();
  const publicUrl = "https://relay.example.org";
  const output = await run(claim, living, { nick: "ally", publicUrl });
  assert.equal(output.relay, publicUrl);
  await run(claim, living, { nick: "ally", hidden: true });
  const [[, shown] = [], [, hidden] = []] = await claims(living);
  assert.equal(shown?.["relay_url"], publicUrl);
  assert.ok(!Object.hasOwn(shown ?? {}, "discoverable"));
  assert.deepEqual([hidden?.["relay_url"], hidden?.["discoverable"]], [RELAY, false]);
  await assert.rejects(run(claim, living, { nick: "ally", publicUrl: "http://u:p@x" }), {
    code: "usage",
  });
});

/** Somebody's request that waits by the name bob. */
async function asksBy(living: Awaited<ReturnType<typeof world>>, seed: number): Promise<void> {
  const keys = keysOf(seed);
  const did = makeDid("bob", keys.publicKey);
  const body = {
    card: makeCard({ handle: "bob", keys }),
    relay_url: RELAY,
    slot_id: "2".repeat(32),
    slot_token: "2".repeat(64),
  };
  const about = { from: did, to: living.self.did, ...DROP, body, timestamp: AT };
  const { value } = signEvent(buildEvent(about), { did, keys });
  await new Receiver(living.home, living.self).take([value], emptyTally());
}

Deno.test("add of somebody whose request waits accepts it: yes on both sides, no second request", async () => {
  const living = await world();
  await asksBy(living, 9);
  const output = await addBob(living);
  assert.deepEqual(
    [output.status, output.via, output.handle, output.reachable],
    ["bilateral_accepted", "pending_inbound", "bob@r.example", true],
  );
  assert.deepEqual(await new PendingInbound(living.home).list(), []);
  assert.ok(!living.platform.net.requests.some(({ url }) => url.includes("/intro/")));
});

Deno.test("P6: add refuses loudly when another DID waits by that name, and shows both", async () => {
  const living = await world();
  await asksBy(living, 10);
  const before = living.platform.files.texts();
  const stranger = makeDid("bob", keysOf(10).publicKey);
  await assert.rejects(
    addBob(living),
    (error) =>
      error instanceof WireError && error.code === "conflict" && error.message.includes(BOB) &&
      error.message.includes(stranger),
  );
  const { files } = living.platform;
  for (const file of [living.home.file.trust, living.home.file.relayState]) {
    assert.equal(files.texts()[file], before[file]);
  }
});

Deno.test("claim on a fresh home makes an identity of that name; one that is there keeps its own", async () => {
  const fresh = fakeWorld("fresh");
  serveRelay(fresh, {});
  await assert.rejects(run(claim, fresh, { nick: "ally", relay: RELAY }));
  assert.equal((await fresh.home.readIdentity()).handle, "ally");
  const living = await world();
  await run(claim, living, { nick: "ally" });
  assert.equal((await living.home.readIdentity()).handle, "alice");
});
