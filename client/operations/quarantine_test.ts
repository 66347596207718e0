import assert from "node:assert/strict";
import { eventFrom, MailWorld, type Party, received, trust } from "../../tests/fault/mail_world.ts";
import { Quarantine } from "../../store/mail/quarantine.ts";
import { pull } from "./pull.ts";
import { quarantineDrop } from "./quarantine_drop.ts";
import { quarantineList } from "./quarantine_list.ts";
import { quarantineRetry } from "./quarantine_retry.ts";
import { quarantineShow } from "./quarantine_show.ts";

/** Bob has not pinned alice, who has written twice. */
async function strangers() {
  const world = new MailWorld();
  const [alice, bob] = [await world.party("alice"), await world.party("bob")];
  const send = (body: string) => {
    const event = eventFrom(alice, bob, { body });
    world.relay.plant(bob.slotId, event.text);
    return event;
  };
  const events = [send("one"), send("two")];
  await pull.run(bob.context);
  return { world, alice, bob, events, send };
}

const nobody = () => false;
const listed = async ({ context }: Party) => (await quarantineList.run(context, { limit: 0 }));

Deno.test("P3: the list says who claims to have sent what, and why it was not accepted", async () => {
  const { alice, bob, events } = await strangers();
  const { records, total, evicted } = await listed(bob);
  assert.deepEqual([total, evicted], [2, 0]);
  assert.deepEqual(records.map(({ event_id }) => event_id), events.map(({ id }) => id));
  for (const { from, reason, transient } of records) {
    assert.equal(from, alice.identity.did);
    assert.match(reason, /not in trust/);
    assert.ok(transient);
  }
  const newest = await quarantineList.run(bob.context, { limit: 1 });
  assert.deepEqual(newest.records.map(({ event_id }) => event_id), [events[1]?.id]);
});

Deno.test("show takes the first digits of a key or of an event id, and never shows a token", async () => {
  const { world, alice, bob } = await strangers();
  const token = "5".repeat(64);
  const drop = eventFrom(alice, bob, {
    type: "pair_drop_ack",
    kind: 1101,
    body: { relay_url: "http://relay.test", slot_id: "0".repeat(32), slot_token: token },
  });
  world.relay.plant(bob.slotId, drop.text);
  await pull.run(bob.context);
  const found = await quarantineShow.run(bob.context, { key: drop.id.slice(0, 10) });
  assert.equal(found.event_id, drop.id);
  assert.ok(!JSON.stringify(found).includes(token));
  assert.deepEqual(
    await quarantineShow.run(bob.context, { key: `bytes-${found.key}` }),
    await quarantineShow.run(bob.context, { key: found.key.slice(0, 8) }),
  );
  for (const key of ["abc", "../../etc", "zzzzzz", ""]) {
    await assert.rejects(quarantineShow.run(bob.context, { key }), { code: "usage" });
  }
  const none = found.key.startsWith("0000") ? "ffffffff" : "00000000";
  await assert.rejects(quarantineShow.run(bob.context, { key: none }), { code: "not_found" });
});

Deno.test("what waited in quarantine is listed, and comes to the inbox, in the order in which it came", async () => {
  const world = new MailWorld();
  const [alice, bob] = [await world.party("alice"), await world.party("bob")];
  const bodies = Array.from({ length: 12 }, (_, i) => `message ${i}`);
  const events = bodies.map((body) => eventFrom(alice, bob, { body }));
  for (const { text } of events) world.relay.plant(bob.slotId, text);
  await pull.run(bob.context);
  const { records } = await listed(bob);
  assert.deepEqual(records.map(({ event_id }) => event_id), events.map(({ id }) => id));
  await trust(bob, alice);
  await pull.run(bob.context);
  assert.deepEqual(received(bob, "alice"), bodies);
});

Deno.test("retry: what verifies by now goes to the inbox once, the rest stays with the reason of now", async () => {
  const { world, alice, bob, events } = await strangers();
  const tampered = events[0]?.text.replace('"one"', '"won"') ?? "";
  world.relay.plant(bob.slotId, tampered);
  await pull.run(bob.context);
  const before = await quarantineRetry.run(bob.context, { keys: [] });
  assert.deepEqual([before.written.length, before.kept.length], [0, 3]);
  await trust(bob, alice);
  const first = (await listed(bob)).records[0]?.key ?? "";
  const one = await quarantineRetry.run(bob.context, { keys: [first] });
  assert.deepEqual(one.written, [{ event_id: events[0]?.id, from: "alice" }]);
  const rest = await quarantineRetry.run(bob.context, { keys: [] });
  assert.deepEqual(rest.written.map(({ event_id }) => event_id), [events[1]?.id]);
  assert.match(rest.kept[0]?.reason ?? "", /tampered/);
  assert.deepEqual(received(bob, "alice"), ["one", "two"]);
  assert.equal((await listed(bob)).total, 1);
});

Deno.test("drop takes what is named and nothing else; a wrong key drops nothing at all", async () => {
  const { bob } = await strangers();
  const [one, two] = (await listed(bob)).records;
  const keys = [one?.key ?? "", "ffffffffffff"];
  await assert.rejects(quarantineDrop.run(bob.context, { keys }), { code: "not_found" });
  assert.equal((await listed(bob)).total, 2);
  const { dropped, left } = await quarantineDrop.run(bob.context, { keys: [one?.key ?? ""] });
  assert.deepEqual([dropped, left], [[one], 1]);
  assert.deepEqual((await listed(bob)).records, [two]);
  assert.equal((await quarantineDrop.run(bob.context, { keys: [], all: true })).left, 0);
  assert.ok(!quarantineDrop.input.safeParse({ keys: [] }).success, "everything needs --all");
  assert.ok(!quarantineDrop.input.safeParse({ keys: ["abcdef"], all: true }).success);
});

Deno.test("P1: what an operator dropped while a daemon runs is kept again when it comes again", async () => {
  const { bob } = await strangers();
  const { platform: { files, clock }, paths: { stateRoot } } = bob.context.home;
  const daemons = new Quarantine({ files, clock, stateRoot });
  const [kept] = await daemons.list();
  assert.ok(kept);
  assert.deepEqual((await daemons.put([kept], nobody)).added, []);
  await quarantineDrop.run(bob.context, { keys: [], all: true });
  assert.deepEqual((await daemons.put([kept], nobody)).added, [kept.key]);
  assert.equal((await listed(bob)).total, 1);
});

Deno.test("lesson 43: retry waits for nobody without limit, and names the daemon", async () => {
  const { bob } = await strangers();
  await using _lock = await bob.context.home.lockDaemon("wire daemon", { deadlineMs: 0 });
  await assert.rejects(quarantineRetry.run(bob.context, { keys: [] }), {
    code: "locked",
    message: /wire daemon/,
  });
});
