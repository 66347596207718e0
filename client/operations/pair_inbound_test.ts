import assert from "node:assert/strict";
import { DROP } from "../../protocol/drop/drop.ts";
import { buildEvent, signEvent, type WireEvent } from "../../protocol/event/event.ts";
import { makeCard, signCard } from "../../protocol/identity/card.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { JsonNumber, type JsonObject } from "../../protocol/json/value.ts";
import type { Identity } from "../../store/home/identity.ts";
import { Crash, FaultFiles } from "../../platform/fault_files.ts";
import { openHome } from "../../store/home/home.ts";
import { lastPassages } from "../../store/home/passages.ts";
import { json, livingWorld, RELAY, run, serveRelay, type World } from "../fake/world.ts";
import { mailboxOf } from "../../tests/grants/granting_world.ts";
import { rememberClass } from "../grants/slot_class.ts";
import { emptyTally } from "../sync/pull_report.ts";
import { Receiver } from "../sync/receiver.ts";
import { pairList } from "./pair_list.ts";
import { pairAccept, pairListInbound, pairReject } from "./pair_inbound.ts";

const slot = (digit: string) => ({
  relay_url: RELAY,
  slot_id: digit.repeat(32),
  slot_token: digit.repeat(64),
});
const OURS = slot("1");
const THEIRS = slot("2");
const POST = `POST /v1/events/${THEIRS.slot_id}`;
const keys = keyPairFromSeed(new Uint8Array(32).fill(9));
const BOB = makeDid("bob", keys.publicKey);

type Asked = World & { readonly self: Identity; readonly event: WireEvent };

/** Bob has asked. */
async function asked(card: JsonObject = makeCard({ handle: "bob", keys })): Promise<Asked> {
  const world = await livingWorld("alice");
  await world.home.updateRelayState("test", (state) => ({ ...state, self: OURS }));
  const mailbox = mailboxOf({ id: OURS.slot_id, token: OURS.slot_token });
  await rememberClass(world.context, mailbox, "shared");
  const body = { card, ...THEIRS };
  const timestamp = "2026-01-01T00:00:00Z";
  const about = { from: BOB, to: world.self.did, ...DROP, body, timestamp };
  const event = signEvent(buildEvent(about), { did: BOB, keys });
  const all = { ...world, event };
  await receive(all);
  return all;
}

const receive = ({ home, self, event }: Asked) =>
  new Receiver(home, self).take([event.value], emptyTally());

const stored = () => json({ event_id: "0".repeat(64), status: "stored" }, 201);

Deno.test("lesson 21: who lists the pairings hears of who asks, and what to answer", async () => {
  const world = await asked();
  world.warnings.length = 0;
  const stream = pairList.stream(world.context, {}, new AbortController().signal);
  assert.deepEqual(await Array.fromAsync(stream), [[]]);
  const said = ["bob asks to be paired: wire pair-accept bob, or wire pair-reject bob"];
  assert.deepEqual(world.warnings, said);
});

Deno.test("accepting pins, answers, and leaves no ghost when the request is pulled again", async () => {
  const world = await asked();
  serveRelay(world, { [POST]: stored });
  const output = await run(pairAccept, world, { peer: "bob@relay.example" });
  assert.deepEqual({ ...output, identity_check: "" }, {
    handle: `bob@${RELAY}`,
    paired_with: BOB,
    peer_handle: "bob",
    status: "bilateral_accepted",
    via: "pending_inbound",
    identity_check: "",
    reachable: true,
  });
  assert.equal((await world.home.readTrust()).agents.get("bob")?.did, BOB);
  const { passages: [passage] } = await lastPassages(world.home, 10);
  const recorded = { op: "pair_accept", face: "cli", proof: "unproved", subject: BOB };
  assert.deepEqual({ ...passage, at: "" }, { at: "", ...recorded });
  assert.equal((await world.home.readRelayState()).peers["bob"]?.slot_token, THEIRS.slot_token);
  await receive(world);
  assert.deepEqual(await run(pairListInbound, world, {}), []);
  await assert.rejects(run(pairAccept, world, { peer: "bob" }), { code: "not_found" });
});

Deno.test("P6: a yes to one DID accepts no other that asks by the same name meanwhile", async () => {
  const world = await asked();
  serveRelay(world, { [POST]: stored });
  const did = makeDid("bob", keyPairFromSeed(new Uint8Array(32).fill(8)).publicKey);
  await assert.rejects(run(pairAccept, world, { peer: "bob", did }), { code: "conflict" });
  assert.equal((await world.home.readTrust()).agents.get("bob"), undefined);
  assert.deepEqual((await lastPassages(world.home, 5)).passages, []);
  assert.equal((await run(pairAccept, world, { peer: "bob", did: BOB })).paired_with, BOB);
});

Deno.test("P4 P7: where the passage cannot be recorded nobody is accepted; recorded, the same again is the repair", async () => {
  const world = await asked();
  serveRelay(world, { [POST]: stored });
  const { files } = world.platform;
  const accept = (bad: FaultFiles) =>
    run(pairAccept, { ...world, context: { ...world.context, home: homeOn(bad) } }, {
      peer: "bob",
    });
  const homeOn = (bad: FaultFiles) => openHome({ ...world.platform, files: bad });
  const full = new FaultFiles(files).diskFullAt({ point: "home.passage" });
  await assert.rejects(accept(full), { code: "write_failed" });
  for (const moment of ["before", "after"] as const) {
    const dying = new FaultFiles(files).crashAt({ point: "home.passage" }, moment);
    await assert.rejects(accept(dying), Crash);
    assert.equal((await world.home.readTrust()).agents.get("bob"), undefined);
    const { passages } = await lastPassages(world.home, 10);
    assert.equal(passages.length, moment === "before" ? 0 : 1);
  }
  assert.equal((await run(pairAccept, world, { peer: "bob" })).paired_with, BOB);
});

Deno.test("an answer that cannot be posted keeps the request, and again is the repair", async () => {
  const world = await asked();
  let answer = (): Response => new Response("busy", { status: 503 });
  serveRelay(world, { [POST]: () => answer() });
  await assert.rejects(run(pairAccept, world, { peer: "bob" }), {
    code: "relay_status",
    message: /^pair_drop_ack send to bob @ .* failed: /,
  });
  assert.equal((await run(pairListInbound, world, {})).length, 1);
  answer = stored;
  assert.equal((await run(pairAccept, world, { peer: "bob" })).paired_with, BOB);
});

Deno.test("S23: reject is final for that event, says whether there was one, and never fails", async () => {
  const world = await asked();
  assert.deepEqual(await run(pairReject, world, { peer: "bob" }), {
    had_pending: true,
    peer: "bob",
    rejected: true,
  });
  await receive(world);
  for (const peer of ["bob", "../../x", "", "CON"]) {
    assert.ok(!(await run(pairReject, world, { peer })).had_pending, peer);
  }
});

Deno.test("ruling 14: the list carries the profile of the card, so that the operator can look first", async () => {
  const profile = { motto: "ship it", emoji: "\u{1f426}", other: { n: new JsonNumber("100") } };
  const card = signCard({ ...makeCard({ handle: "bob", keys }), profile }, keys);
  const [request] = await run(pairListInbound, await asked(card), {});
  assert.deepEqual({ ...Object(request?.peer_card["profile"]) }, {
    motto: "ship it",
    emoji: "\u{1f426}",
    other: { n: 100 },
  });
});

Deno.test("lesson 18: the list has no token", async () => {
  const text = JSON.stringify(await run(pairListInbound, await asked(), {}));
  assert.ok(text.includes(BOB) && !text.includes(THEIRS.slot_token));
});

Deno.test("lesson 24: a record that was changed on the disk is not accepted", async () => {
  const world = await asked();
  const file = `${world.home.file.pendingInbound}/bob.json`;
  const record = JSON.parse(await world.platform.files.readText(file) ?? "");
  const other = keyPairFromSeed(new Uint8Array(32).fill(10));
  const changes = [
    { peer_card: makeCard({ handle: "bob", keys: other }) },
    { peer_slot_id: "../x" },
    { peer_did: makeDid("bob", other.publicKey) },
  ];
  for (const change of changes) {
    const text = JSON.stringify({ ...record, ...change });
    await world.platform.files.writeAtomic(file, text, { point: "t.record" });
    await assert.rejects(run(pairAccept, world, { peer: "bob" }), { code: "bad_input" });
  }
  assert.ok(!(await world.home.readTrust()).agents.has("bob"));
});
