/** A peer's mailbox moves: who follows, and whom nobody follows. */
import assert from "node:assert/strict";
import { Crash, FaultFiles } from "../platform/fault_files.ts";
import type { EventInput } from "../protocol/event/event.ts";
import { block } from "../store/home/blocklist.ts";
import {
  eventFrom,
  MailWorld,
  type Party,
  pin,
  received,
  RELAY_URL,
  restarted,
  trust,
} from "../tests/fault/mail_world.ts";
import { pull } from "./operations/pull.ts";
import { push } from "./operations/push.ts";
import { send } from "./operations/send.ts";

const mailboxOf = async ({ context }: Party, peer: string) =>
  (await context.home.readRelayState()).peers[peer];

const slot = (world: MailWorld, number: number) => {
  const { slotId: slot_id, slotToken: slot_token } = world.relay.makeSlot(number);
  return { relay_url: RELAY_URL, slot_id, slot_token };
};

type Mailbox = ReturnType<typeof slot>;

const ack = (from: Party, to: Party, mailbox: Mailbox, input: Partial<EventInput> = {}) =>
  eventFrom(from, to, {
    type: "pair_drop_ack",
    kind: 1101,
    body: { ...mailbox, endpoints: [{ ...mailbox, scope: "federation" }] },
    ...input,
  });

Deno.test("lesson 6: a peer that moved is followed by itself, and mail goes to the new mailbox", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const there = slot(world, 50);
  world.relay.plant(bob.slotId, ack(alice, bob, there).text);
  await pull.run(bob.context);
  const entry = await mailboxOf(bob, "alice");
  assert.deepEqual([entry?.slot_id, entry?.slot_token], [there.slot_id, there.slot_token]);
  assert.match(bob.warnings.join(), /alice has moved/);
  await send.run(bob.context, { peer: "alice", kind: "claim", body: "found you" });
  await push.run(bob.context, {});
  assert.equal(world.relay.texts(there.slot_id).length, 1);
  assert.deepEqual(world.relay.texts(alice.slotId), []);
});

Deno.test("a new token for the same mailbox is taken, and not called a move", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const { slot_id } = await mailboxOf(bob, "alice") ?? {};
  const token = "7".repeat(64);
  const renewed = { ...slot(world, 50), slot_id: slot_id ?? "", slot_token: token };
  world.relay.plant(bob.slotId, ack(alice, bob, renewed).text);
  await pull.run(bob.context);
  assert.equal((await mailboxOf(bob, "alice"))?.slot_token, token);
  assert.doesNotMatch(bob.warnings.join(), /has moved/);
});

Deno.test("an old notice that a relay brings again moves nobody back", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const [first, second] = [slot(world, 50), slot(world, 51)];
  const notices = [ack(alice, bob, first)];
  await alice.clock.advance(1);
  notices.push(ack(alice, bob, second));
  for (const { text } of notices) world.relay.plant(bob.slotId, text);
  await pull.run(bob.context);
  assert.equal((await mailboxOf(bob, "alice"))?.slot_id, second.slot_id);
  await bob.context.home.updateRelayState("test", (state) => ({
    ...state,
    self: { relay_url: RELAY_URL, slot_id: bob.slotId, slot_token: bob.slotToken },
  }));
  world.relay.plant(bob.slotId, notices[0]?.text ?? "");
  await pull.run(restarted(bob));
  assert.equal((await mailboxOf(bob, "alice"))?.slot_id, second.slot_id);
});

Deno.test("lesson 24: a forged, foreign, unpinned or blocked notice, or one with junk, changes no route", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const [mallory, carol, dave] = [
    await world.party("mallory"),
    await world.party("carol"),
    await world.party("dave"),
  ];
  await pin(bob, carol);
  await block(bob.context.home, { did: carol.identity.did, at: "" });
  await trust(bob, dave); // asked, and has not answered
  const evil = slot(world, 66);
  const before = await bob.context.home.readRelayState();
  const genuine = JSON.parse(ack(alice, bob, evil).text);
  const asAlice = { ...mallory, identity: { ...mallory.identity, did: alice.identity.did } };
  const hostile = [
    JSON.stringify({ ...genuine, body: { ...genuine.body, slot_id: "0".repeat(32) } }),
    JSON.stringify({ ...genuine, signature: undefined }),
    ack(mallory, bob, evil).text,
    ack(asAlice, bob, evil).text,
    ack(carol, bob, evil).text,
    ack(dave, bob, evil).text,
    ack(alice, mallory, evil).text,
    ack(alice, bob, evil, { kind: 1001 }).text,
    ack(alice, bob, evil, { type: "claim" }).text,
    ack(alice, bob, { ...evil, relay_url: "file:///etc/passwd" }).text,
    ack(alice, bob, { ...evil, slot_id: "../x" }).text,
    ack(alice, bob, { ...evil, slot_token: "" }).text,
    ...[null, [], "x", 1, { endpoints: {} }, { endpoints: [null, 1, "x"] }].map((body) =>
      ack(alice, bob, evil, { body }).text
    ),
    ack(alice, bob, evil, { timestamp: "whenever" }).text,
  ];
  for (const text of hostile) world.relay.plant(bob.slotId, text);
  await pull.run(bob.context);
  assert.deepEqual((await bob.context.home.readRelayState()).peers, before.peers);
});

Deno.test("lesson 26: what is known of the peer beside its federation mailbox stays", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const local = { relay_url: "http://127.0.0.1:8771", slot_id: "8".repeat(32), scope: "local" };
  const old = { relay_url: RELAY_URL, slot_id: alice.slotId, slot_token: alice.slotToken };
  await bob.context.home.updateRelayState("test", (state) => ({
    ...state,
    peers: {
      alice: { ...old, note: "x", endpoints: [{ ...old, scope: "federation" }, local] },
    },
  }));
  const there = slot(world, 50);
  const event = ack(alice, bob, there);
  world.relay.plant(bob.slotId, event.text);
  await pull.run(bob.context);
  assert.deepEqual(JSON.parse(JSON.stringify(await mailboxOf(bob, "alice"))), {
    ...there,
    note: "x",
    endpoints: [{ ...there, scope: "federation" }, local],
    moved_at: JSON.parse(event.text).timestamp,
  });
});

Deno.test("P1: killed at any step of that pull, the next pull follows, and the notice is in the inbox once", async () => {
  const model = new MailWorld();
  const first = await model.paired();
  model.relay.plant(first.bob.slotId, ack(first.alice, first.bob, slot(model, 50)).text);
  const clean = new FaultFiles(first.bob.disk);
  await pull.run(restarted(first.bob, clean));
  for (const { index, point } of clean.steps) {
    for (const moment of ["before", "after"] as const) {
      const world = new MailWorld();
      const { alice, bob } = await world.paired();
      const there = slot(world, 50);
      world.relay.plant(bob.slotId, ack(alice, bob, there).text);
      const files = new FaultFiles(bob.disk).crashAt(index, moment);
      await assert.rejects(pull.run(restarted(bob, files)), Crash);
      await pull.run(restarted(bob));
      assert.equal((await mailboxOf(bob, "alice"))?.slot_id, there.slot_id, `${point} ${moment}`);
      assert.equal(received(bob, "alice").length, 1, `${point} ${moment}`);
    }
  }
});
