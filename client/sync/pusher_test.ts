import assert from "node:assert/strict";
import {
  eventFrom,
  handle,
  MailWorld,
  NEVER,
  RELAY_URL,
  restarted,
} from "../../tests/fault/mail_world.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import type { ClientContext } from "../context.ts";
import { OutboxProblems } from "../../store/mail/outbox_problems.ts";
import type { Party } from "../../tests/fault/mail_world.ts";
import { daemonPushReport, pushReport } from "./push_report.ts";
import { Pusher } from "./pusher.ts";

const outboxOf = ({ disk, context: { home } }: Party) =>
  new Outbox({ files: disk, stateRoot: home.paths.stateRoot });

const fileOf = (party: Party, peer: string) => outboxOf(party).path(handle(peer));

async function appendLine(party: Party, line: string): Promise<void> {
  await party.disk.ensureDirectory(outboxOf(party).directory);
  await party.disk.append(fileOf(party, "bob"), `${line}\n`, { point: "test.agent" });
  await party.clock.advance(1);
}

const round = async (pusher: Pusher) => pushReport((await pusher.round({ signal: NEVER })).items);

/** Carol, whose mailbox Alice knows to be on that relay. */
async function peerAt(
  relayUrl: string,
  { world, alice }: { readonly world: MailWorld; readonly alice: Party },
): Promise<Party> {
  const carol = await world.party("carol");
  const { slotId: slot_id, slotToken: slot_token } = carol;
  await alice.context.home.updateRelayState("test", (state) => ({
    ...state,
    peers: { ...state.peers, carol: { relay_url: relayUrl, slot_id, slot_token } },
  }));
  return carol;
}

Deno.test("lesson 10: a delivered line is posted once, also after a restart (S8)", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const event = eventFrom(alice, bob);
  await outboxOf(alice).enqueue(bob.handle, event);
  const pusher = new Pusher(alice.context, alice.identity);
  assert.deepEqual(await round(pusher), {
    pushed: [{ endpoint: RELAY_URL, event_id: event.id, peer: "bob", scope: "federation" }],
    skipped: [],
  });
  assert.deepEqual(await round(pusher), { pushed: [], skipped: [] });
  const again = new Pusher(restarted(alice), alice.identity);
  assert.deepEqual(await round(again), { pushed: [], skipped: [] });
  assert.equal(world.relay.log.length, 1);
  assert.deepEqual(world.relay.texts(bob.slotId), [event.text]);
});

Deno.test("a message that the relay holds already is told as duplicate, in both shapes", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const event = eventFrom(alice, bob);
  world.relay.plant(bob.slotId, event.text);
  await outboxOf(alice).enqueue(bob.handle, event);
  const { items } = await new Pusher(alice.context, alice.identity).round({ signal: NEVER });
  const entry = { event_id: event.id, peer: "bob", reason: "duplicate" };
  const place = { endpoint: RELAY_URL, scope: "federation" };
  assert.deepEqual(pushReport(items), { pushed: [], skipped: [{ ...place, ...entry }] });
  assert.deepEqual(daemonPushReport(items), { pushed: [], skipped: [entry] });
});

Deno.test("lesson 8: no message is passed over without a reason", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const carol = await world.party("carol");
  await outboxOf(alice).enqueue(carol.handle, eventFrom(alice, carol));
  await alice.context.home.updateRelayState("test", (state) => ({
    ...state,
    peers: { ...state.peers, bob: { endpoints: [] } },
  }));
  await outboxOf(alice).enqueue(bob.handle, eventFrom(alice, bob));
  const { pushed, skipped } = await round(new Pusher(alice.context, alice.identity));
  assert.deepEqual(pushed, []);
  assert.deepEqual(
    skipped.map(({ peer, reason }) => [peer, reason]),
    [
      ["bob", "no reachable endpoint pinned for peer"],
      ["carol", "no reachable endpoint pinned for peer"],
    ],
  );
});

Deno.test("lesson 8: a peer with nothing but an endpoint list is served", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const { slotId: slot_id, slotToken: slot_token } = bob;
  const endpoint = { relay_url: RELAY_URL, slot_id, slot_token, scope: "federation" };
  await alice.context.home.updateRelayState("test", (state) => ({
    ...state,
    peers: { bob: { endpoints: [{ scope: "lan" }, endpoint] } },
  }));
  await outboxOf(alice).enqueue(bob.handle, eventFrom(alice, bob));
  assert.equal((await round(new Pusher(alice.context, alice.identity))).pushed.length, 1);
});

Deno.test("a relay that fails rests for a while and the queue keeps its order", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const bodies = ["one", "two", "three"];
  for (const body of bodies) {
    await outboxOf(alice).enqueue(bob.handle, eventFrom(alice, bob, { body }));
  }
  world.net.fail(RELAY_URL, "connect");
  const pusher = new Pusher(alice.context, alice.identity);
  const first = await round(pusher);
  assert.equal(first.skipped.length, 3);
  assert.match(first.skipped[0]?.reason ?? "", /^connect error: /);
  const attempts = world.net.requests.length;
  assert.equal(attempts, 1);
  assert.match((await round(pusher)).skipped[2]?.reason ?? "", /connect error.*next try in \d+ s/);
  assert.equal(world.net.requests.length, attempts);
  world.net.fail(RELAY_URL, undefined);
  await alice.clock.advance(1_300);
  assert.equal((await round(pusher)).pushed.length, 3);
  assert.deepEqual(
    world.relay.texts(bob.slotId).map((text) => JSON.parse(text).body),
    bodies,
  );
});

Deno.test("a message that no relay takes does not hold up the next one", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const bad = eventFrom(alice, bob, { body: "bad" });
  await outboxOf(alice).enqueue(bob.handle, bad);
  await outboxOf(alice).enqueue(bob.handle, eventFrom(alice, bob, { body: "good" }));
  world.relay.intercept = async (request) =>
    request.method === "POST" && (await request.clone().text()).includes('"body":"bad"')
      ? new Response('{"error":"event_id not allowed"}', { status: 400 })
      : undefined;
  const pusher = new Pusher(alice.context, alice.identity);
  const { pushed, skipped } = await round(pusher);
  assert.equal(pushed.length, 1);
  assert.equal(skipped[0]?.event_id, bad.id);
  assert.match(skipped[0]?.reason ?? "", /^post_event failed: 400 Bad Request/);
});

Deno.test("another event under the same id on the relay is not called delivered", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const event = eventFrom(alice, bob);
  world.relay.plant(bob.slotId, `{"body":"junk","event_id":"${event.id}"}`);
  await outboxOf(alice).enqueue(bob.handle, event);
  const { skipped } = await round(new Pusher(alice.context, alice.identity));
  assert.equal(skipped[0]?.reason, "the relay holds another event under this id");
});

Deno.test("S15: the local relay comes first; when it is gone, federation within the same round", async () => {
  const world = new MailWorld();
  const local = "http://127.0.0.1:8771";
  world.net.serve(local, world.relay.handle);
  const { alice, bob } = await world.paired();
  const { slotId: slot_id, slotToken: slot_token } = bob;
  const near = world.relay.makeSlot(77);
  await alice.context.home.updateRelayState("test", (state) => ({
    self: {
      ...state.self,
      endpoints: [{
        relay_url: local,
        slot_id: alice.slotId,
        slot_token: alice.slotToken,
        scope: "local",
      }],
    },
    peers: {
      bob: {
        endpoints: [
          { relay_url: RELAY_URL, slot_id, slot_token, scope: "federation" },
          { relay_url: "http://10.0.0.9", slot_id, slot_token, scope: "local" },
          { relay_url: local, slot_id: near.slotId, slot_token: near.slotToken, scope: "local" },
        ],
      },
    },
  }));
  const pusher = new Pusher(alice.context, alice.identity);
  await outboxOf(alice).enqueue(bob.handle, eventFrom(alice, bob));
  assert.equal((await round(pusher)).pushed[0]?.scope, "local");
  world.net.fail(local, "connect");
  await outboxOf(alice).enqueue(bob.handle, eventFrom(alice, bob));
  await alice.clock.advance(1);
  assert.equal((await round(pusher)).pushed[0]?.scope, "federation");
  world.net.fail(local, undefined);
  await alice.clock.advance(30_000);
  await outboxOf(alice).enqueue(bob.handle, eventFrom(alice, bob));
  await alice.clock.advance(1);
  assert.equal((await round(pusher)).pushed[0]?.scope, "local");
});

Deno.test("ruling 1, S9: a partial line is signed once, sent once, and blanked in place", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const partial = '{"kind":"claim","body":{"n":1.50},"topic":"x"}';
  await appendLine(alice, partial);
  const pusher = new Pusher(alice.context, alice.identity);
  assert.equal((await round(pusher)).pushed.length, 1);
  const [text = ""] = world.relay.texts(bob.slotId);
  assert.match(
    text,
    /"body":\{"n":1\.5\},.*"kind":1001,.*"to":"did:wire:bob-[0-9a-f]{8}","topic":"x"/,
  );
  const file = alice.disk.texts()[fileOf(alice, "bob")];
  assert.equal(file, `${" ".repeat(partial.length)}\n${text}\n`);
  await appendLine(alice, partial);
  assert.deepEqual(await round(pusher), { pushed: [], skipped: [] });
  await alice.clock.advance(121_000);
  await appendLine(alice, partial);
  assert.equal((await round(pusher)).pushed.length, 1);
});

Deno.test("ruling 1: equal partial lines in one batch are one event, others keep their order", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  for (const body of ["a", "b", "a", "c"]) {
    await appendLine(alice, `{"type":"note","body":"${body}"}`);
  }
  await round(new Pusher(alice.context, alice.identity));
  assert.deepEqual(
    world.relay.texts(bob.slotId).map((text) => JSON.parse(text).body),
    ["a", "b", "c"],
  );
});

Deno.test("S9: a line that cannot be signed is told, never posted, and stays for status", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const forged = eventFrom(bob, alice);
  const tampered = eventFrom(alice, bob).text.replace("hello", "hullo");
  for (
    const line of [
      "not json",
      '{"body":"neither kind nor type"}',
      '{"kind":"claim","from":"carol"}',
      '{"kind":"claim","to":"did:wire:carol"}',
      '{"kind":4711}',
      '{"kind":1001.5}',
      forged.text,
      tampered,
    ]
  ) await appendLine(alice, line);
  const pusher = new Pusher(alice.context, alice.identity);
  const { pushed, skipped } = await round(pusher);
  assert.deepEqual(pushed, []);
  assert.equal(skipped.length, 8);
  for (const { reason } of skipped) assert.match(reason, /^line at byte \d+ cannot be sent: ./);
  assert.deepEqual(world.relay.log, []);
  const problems = new OutboxProblems({
    files: alice.disk,
    stateRoot: alice.context.home.paths.stateRoot,
  });
  assert.equal((await problems.all()).length, 8);
  await pusher.close(Promise.resolve());
  await appendLine(alice, "{}");
  await round(new Pusher(restarted(alice), alice.identity));
  assert.equal((await problems.all()).length, 9);
});

Deno.test("a file that somebody rewrote is read again, and nothing is posted twice", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const [one, two] = [eventFrom(alice, bob, { body: 1 }), eventFrom(alice, bob, { body: 2 })];
  await outboxOf(alice).enqueue(bob.handle, one);
  const pusher = new Pusher(alice.context, alice.identity);
  await round(pusher);
  await alice.disk.writeAtomic(fileOf(alice, "bob"), `${two.text}\n${one.text}\n`, {
    point: "test",
  });
  await alice.clock.advance(1);
  const { pushed, skipped } = await round(pusher);
  assert.deepEqual([pushed.map((item) => item.event_id), skipped], [[two.id], []]);
});

Deno.test("one peer whose outbox cannot be read holds up no other", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  await outboxOf(alice).enqueue(bob.handle, eventFrom(alice, bob));
  await alice.disk.ensureDirectory(fileOf(alice, "aaa"));
  const { pushed, skipped } = await round(new Pusher(alice.context, alice.identity));
  assert.equal(pushed.length, 1);
  assert.match(skipped[0]?.reason ?? "", /Cannot read .*aaa\.jsonl/);
});

Deno.test("lesson 43: a relay that never answers holds up no other peer, and ends with the signal", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const carol = await peerAt("http://dead.test", { world, alice });
  world.net.serve("http://dead.test", () => new Promise(() => {}));
  await outboxOf(alice).enqueue(carol.handle, eventFrom(alice, carol));
  await outboxOf(alice).enqueue(bob.handle, eventFrom(alice, bob));
  const pusher = new Pusher(alice.context, alice.identity);
  const stop = new AbortController();
  const until = alice.clock.sleep(100);
  const working = pusher.round({ signal: stop.signal, until });
  await alice.clock.advance(100);
  assert.deepEqual((await working).items.map((item) => [item.tag, item.peer]), [["pushed", "bob"]]);
  stop.abort();
  await pusher.close(alice.clock.sleep(100_000));
});

Deno.test("P2: a fault of this program is no reason to skip a message: it is told, and others are served", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const carol = await peerAt("http://odd.test", { world, alice });
  await outboxOf(alice).enqueue(carol.handle, eventFrom(alice, carol));
  await outboxOf(alice).enqueue(bob.handle, eventFrom(alice, bob));
  const relay: ClientContext["relay"] = (url) => {
    if (url === "http://odd.test") throw new TypeError("a fault");
    return alice.context.relay(url);
  };
  const pusher = new Pusher({ ...alice.context, relay }, alice.identity);
  await assert.rejects(pusher.round({ signal: NEVER }), new TypeError("a fault"));
  assert.equal(world.relay.texts(bob.slotId).length, 1);
  assert.deepEqual((await pusher.round({ signal: NEVER }, bob.handle)).items.map((it) => it.tag), [
    "pushed",
  ]);
});

Deno.test("P8: what the file of problems says of a line is cut before it is told or shown", async () => {
  const { alice } = await new MailWorld().paired();
  await appendLine(alice, "not json");
  const before = new Pusher(alice.context, alice.identity);
  await round(before);
  await before.close(Promise.resolve());
  const { stateRoot } = alice.context.home.paths;
  const wild = JSON.stringify([{ offset: 0, problem: `\u001b[2J\n${"y".repeat(5_000)}` }]);
  const file = `${stateRoot}/delivery/bob.problems.json`;
  await alice.disk.writeAtomic(file, wild, { point: "test.problems" });
  const { skipped } = await round(new Pusher(restarted(alice), alice.identity));
  const problems = new OutboxProblems({ files: alice.disk, stateRoot });
  const texts = [skipped[0]?.reason, (await problems.all())[0]?.problem];
  for (const text of texts) assert.match(text ?? "", /^[^\p{Cc}\p{Cf}]{300,500}…$/u);
});
