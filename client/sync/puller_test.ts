import assert from "node:assert/strict";
import {
  eventFrom,
  MailWorld,
  NEVER,
  type Party,
  pin,
  received,
  RELAY_URL,
  restarted,
  trust,
} from "../../tests/fault/mail_world.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import { buildEvent, signEvent } from "../../protocol/event/event.ts";
import { Quarantine } from "../../store/mail/quarantine.ts";
import { Puller, type PullRound } from "./puller.ts";

const quarantineOf = ({ disk, clock, context: { home } }: Party) =>
  new Quarantine({ files: disk, clock, stateRoot: home.paths.stateRoot });

const pull = (party: Party, context = party.context): Promise<PullRound> =>
  new Puller(context, party.identity).round({ signal: NEVER });

const cursorOf = async (party: Party) =>
  (await party.context.home.readRelayState()).self?.last_pulled_event_id;

Deno.test("P1: received messages are in the inbox once, in order, and the cursor is the last one", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const events = ["one", "two"].map((body) => eventFrom(alice, bob, { body }));
  for (const event of events) world.relay.plant(bob.slotId, event.text);
  const first = await pull(bob);
  assert.deepEqual(first.written.map(({ from }) => from), ["alice", "alice"]);
  assert.equal(first.totalSeen, 2);
  assert.equal(first.federationCursor, events[1]?.id);
  assert.deepEqual(received(bob, "alice"), ["one", "two"]);
  const again = await pull(bob, restarted(bob));
  assert.deepEqual([again.written, again.rejected, again.totalSeen], [[], [], 0]);
});

Deno.test("an inbox line is the stored form that 0.5.19 finds by its text", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const event = eventFrom(alice, bob, { body: { exact: "1" } });
  world.relay.plant(bob.slotId, JSON.stringify(JSON.parse(event.text), null, 1));
  await pull(bob);
  const file = bob.disk.texts()["/bob/state/wire/inbox/alice.jsonl"] ?? "";
  assert.equal(file, `${event.text}\n`);
  assert.ok(file.includes(`"event_id":"${event.id}"`));
});

Deno.test("lesson 2, P3, S10: what is not accepted goes to quarantine, and what follows is read", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const mallory = await world.party("mallory");
  const good = eventFrom(alice, bob, { body: "good" });
  const strange = {
    signer: eventFrom(mallory, bob),
    kind: eventFrom(alice, bob, { kind: 9_999 }),
    schema: signEvent(
      { ...buildEventTo(alice, bob), schema_version: "v4.0" },
      alice.identity,
    ),
    recipient: eventFrom(alice, bob, { to: "did:wire:carol" }),
  };
  const tampered = eventFrom(alice, bob).text.replace("hello", "hullo");
  for (const event of Object.values(strange)) world.relay.plant(bob.slotId, event.text);
  for (const text of [tampered, "7", "[]", '{"kind":1001}']) world.relay.plant(bob.slotId, text);
  world.relay.plant(bob.slotId, good.text);
  const { written, rejected, federationCursor } = await pull(bob);
  assert.deepEqual(written, [{ event_id: good.id, from: "alice" }]);
  assert.equal(federationCursor, good.id);
  assert.deepEqual(
    rejected.map(({ reason, transient, blocks_cursor }) => [reason, transient, blocks_cursor]),
    [
      ['signer "mallory" not in trust', true, false],
      ["unknown_kind=9999 binary_version=0.1.0", true, false],
      ["schema_mismatch=v4.0 binary_supports=v3.1", true, false],
      ['event is addressed to "did:wire:carol", not to us', false, false],
      ["event_id mismatch — body was tampered after signing", false, false],
      ["not an event: expected a JSON object", false, false],
      ["not an event: expected a JSON object", false, false],
      ["missing field: from", false, false],
    ],
  );
  assert.equal(rejected[2]?.schema_version, "v4.0");
  const records = await quarantineOf(bob).list();
  assert.equal(records.length, 8);
  assert.ok(
    records.some(({ record }) =>
      record.event_id === strange.signer.id && record.text === strange.signer.text &&
      record.from.startsWith("did:wire:mallory")
    ),
  );
});

const buildEventTo = (from: Party, to: Party) =>
  buildEvent({
    from: from.identity.did,
    to: to.identity.did,
    type: "claim",
    kind: 1001,
    body: 1,
    timestamp: from.clock.timestamp(),
  });

Deno.test("lesson 1: what was quarantined is delivered once its signer is pinned", async () => {
  const world = new MailWorld();
  const { bob } = await world.paired();
  const carol = await world.party("carol");
  const early = eventFrom(carol, bob, { body: "early" });
  world.relay.plant(bob.slotId, early.text);
  const puller = new Puller(bob.context, bob.identity);
  assert.deepEqual((await puller.round({ signal: NEVER })).written, []);
  assert.deepEqual((await puller.round({ signal: NEVER })).written, []);
  await bob.clock.advance(1);
  await trust(bob, carol);
  assert.deepEqual((await puller.round({ signal: NEVER })).written, [
    { event_id: early.id, from: "carol" },
  ]);
  assert.deepEqual(received(bob, "carol"), ["early"]);
  assert.equal(await quarantineOf(bob).count(), 0);
});

Deno.test("a forged event under a real id does not keep the real one out", async () => {
  const world = new MailWorld();
  const { bob } = await world.paired();
  const carol = await world.party("carol");
  const real = eventFrom(carol, bob, { body: "real" });
  world.relay.plant(bob.slotId, real.text.replace('"real"', '"fake"'));
  world.relay.plant(bob.slotId, real.text);
  await pull(bob);
  assert.equal(await quarantineOf(bob).count(), 2);
  await bob.clock.advance(1);
  await trust(bob, carol);
  await pull(bob);
  assert.deepEqual(received(bob, "carol"), ["real"]);
});

Deno.test("events without an id are told once, never become a cursor, and hide nothing behind them", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const idless = '{"body":1,"kind":1001}';
  for (const text of [idless, '{"event_id":7,"kind":1}', '{"event_id":"a&limit=1","kind":1}']) {
    world.relay.plant(bob.slotId, text);
  }
  assert.equal((await pull(bob)).rejected.length, 3);
  assert.equal(await cursorOf(bob), undefined);
  assert.equal((await pull(bob)).rejected.length, 0);
  const good = eventFrom(alice, bob);
  world.relay.plant(bob.slotId, good.text);
  world.relay.plant(bob.slotId, idless);
  assert.equal((await pull(bob)).written.length, 1);
  assert.equal(await cursorOf(bob), good.id);
  assert.deepEqual((await pull(bob)).rejected, []);
});

Deno.test("P1: a copy changed on the way does not take the cursor past the genuine event", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const first = eventFrom(alice, bob, { body: "first" });
  const genuine = eventFrom(alice, bob, { body: "genuine" });
  const changed = genuine.text.replace('"genuine"', '"changed"');
  world.relay.intercept = () => Promise.resolve(new Response(`[${first.text},${changed}]`));
  await pull(bob);
  assert.equal(await quarantineOf(bob).count(), 1);
  assert.equal(await cursorOf(bob), first.id);
  world.relay.intercept = () => Promise.resolve(undefined);
  for (const { text } of [first, genuine]) world.relay.plant(bob.slotId, text);
  await pull(bob);
  assert.deepEqual(received(bob, "alice"), ["first", "genuine"]);
  assert.equal(await cursorOf(bob), genuine.id);
});

Deno.test("lesson 2: a full page of forged ids hides nothing behind it", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  for (let number = 0; number < 1_000; number++) {
    const id = number.toString(16).padStart(64, "0");
    world.relay.plant(bob.slotId, `{"event_id":"${id}","kind":1}`);
  }
  world.relay.plant(bob.slotId, eventFrom(alice, bob, { body: "behind" }).text);
  await pull(bob);
  assert.deepEqual(received(bob, "alice"), ["behind"]);
});

Deno.test("a mailbox of more than one page is read to its end", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  for (let number = 0; number < 1_203; number++) {
    world.relay.plant(bob.slotId, eventFrom(alice, bob, { body: number }).text);
  }
  const files = new FaultFiles(bob.disk);
  const { written } = await pull(bob, restarted(bob, files));
  assert.equal(written.length, 1_203);
  assert.deepEqual(received(bob, "alice"), [...Array(1_203).keys()]);
  // One fsync of the inbox and one of the cursor for each page.
  assert.deepEqual(files.steps.map((step) => step.point), [
    "delivery.receipts",
    "inbox.append",
    "home.relay_state",
    "inbox.append",
    "home.relay_state",
    "delivery.gaps",
  ]);
});

Deno.test("a relay that always answers the same page is not read for ever", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const page = `[${eventFrom(alice, bob).text}]`;
  world.relay.intercept = () => Promise.resolve(new Response(page));
  const { written, rejected } = await pull(bob);
  assert.equal(written.length, 1);
  assert.deepEqual(rejected.map(({ reason }) => reason), ["duplicate event_id already in inbox"]);
});

Deno.test("lesson 1: the cursor stays when the message could not be stored", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  world.relay.plant(bob.slotId, eventFrom(alice, bob).text);
  const files = new FaultFiles(bob.disk).diskFullAt({ point: "inbox.append" });
  const context = restarted(bob, files);
  const puller = new Puller(context, bob.identity);
  const failed = await puller.round({ signal: NEVER });
  assert.equal(failed.failures.length, 1);
  assert.equal(await cursorOf(bob), undefined);
  assert.equal((await puller.round({ signal: NEVER })).written.length, 1);
  assert.deepEqual(received(bob, "alice"), ["hello"]);
});

Deno.test("a trust file that cannot be read stops the pull and not the cursor", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  world.relay.plant(bob.slotId, eventFrom(alice, bob).text);
  await bob.disk.writeAtomic(bob.context.home.file.trust, "{", { point: "test" });
  await assert.rejects(pull(bob), /trust\.json/);
  assert.equal(await cursorOf(bob), undefined);
});

Deno.test("S15: both of two mailboxes are read, and what both bring is stored once", async () => {
  const world = new MailWorld();
  const local = "http://127.0.0.1:8771";
  world.net.serve(local, world.relay.handle);
  const { alice, bob } = await world.paired();
  const near = world.relay.makeSlot(9);
  await bob.context.home.updateRelayState("test", (state) => ({
    ...state,
    self: {
      ...state.self,
      endpoints: [
        {
          relay_url: RELAY_URL,
          slot_id: bob.slotId,
          slot_token: bob.slotToken,
          scope: "federation",
        },
        { relay_url: local, slot_id: near.slotId, slot_token: near.slotToken, scope: "local" },
      ],
    },
  }));
  const event = eventFrom(alice, bob);
  world.relay.plant(bob.slotId, event.text);
  world.relay.plant(near.slotId, event.text);
  const round = await pull(bob);
  assert.equal(round.written.length, 1);
  assert.equal(round.rejected.length, 1);
  const { self } = await bob.context.home.readRelayState();
  assert.equal(self?.last_pulled_event_id, event.id);
  assert.equal(self?.last_pulled_event_id_local, event.id);
});

Deno.test("lesson 33: a home without a mailbox is not asked for anything", async () => {
  const world = new MailWorld();
  const { bob } = await world.paired();
  await bob.context.home.updateRelayState("test", (state) => ({ ...state, self: null }));
  const round = await pull(bob);
  assert.deepEqual([round.routes, round.written, world.relay.log], [[], [], []]);
});

Deno.test("P3: pairing events of strangers have no effect but a quarantine record", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const mallory = await world.party("mallory");
  const before = await bob.context.home.readRelayState();
  const body = {
    relay_url: "http://evil.test",
    slot_id: mallory.slotId,
    slot_token: mallory.slotToken,
  };
  const drop = eventFrom(mallory, bob, {
    type: "pair_drop",
    kind: 1100,
    body: { ...body, card: mallory.identity.card, pair_nonce: "x" },
  });
  const ack = eventFrom(alice, bob, { type: "pair_drop_ack", kind: 1101, body }).text;
  world.relay.plant(bob.slotId, drop.text);
  world.relay.plant(bob.slotId, ack.replace(/"signature":"...../, '"signature":"AAAAA'));
  const { written, rejected } = await pull(bob);
  assert.deepEqual([written.length, rejected.length], [0, 2]);
  const after = await bob.context.home.readRelayState();
  assert.deepEqual(after.peers, before.peers);
  assert.deepEqual([...(await bob.context.home.readTrust()).agents.keys()].sort(), [
    "alice",
    "bob",
  ]);
  await pin(bob, alice);
});
