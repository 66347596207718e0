import assert from "node:assert/strict";
import fc from "fast-check";
import { Crash, FaultFiles } from "../../platform/fault_files.ts";
import {
  MOST_RECEIPTED,
  readReceipt,
  RECEIPT_KIND,
  RECEIPT_TYPE,
  wantsReceipt,
} from "../../protocol/delivery/receipts.ts";
import { parseEvent, signEvent, type WireEvent } from "../../protocol/event/event.ts";
import { admitCard, makeCard } from "../../protocol/identity/card.ts";
import type { Json } from "../../protocol/json/value.ts";
import { withMembers } from "../../protocol/json/value.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { block } from "../../store/home/blocklist.ts";
import { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import { ReadMarks } from "../../store/mail/read_marks.ts";
import { readReceiptState } from "../../store/mail/receipt_state.ts";
import {
  eventFrom,
  handle,
  MailWorld,
  NEVER,
  type Party,
  pin,
  restarted,
} from "../../tests/fault/mail_world.ts";
import { testRuns } from "../../tests/runs.ts";
import { runProgram } from "../../cli/program.ts";
import { pull } from "../operations/pull.ts";
import { push } from "../operations/push.ts";
import { send } from "../operations/send.ts";
import { status } from "../operations/status.ts";
import { Puller } from "../sync/puller.ts";
import { Pusher } from "../sync/pusher.ts";
import { Deliveries } from "./deliveries.ts";

const say = (party: Party, peer: string, body: string) =>
  send.run(restarted(party), { peer, kind: "claim", body });

/** Alice says it, and it is in bob's mailbox. */
async function delivered(alice: Party, body: string): Promise<string> {
  const { event_id } = await say(alice, "bob", body);
  await push.run(restarted(alice), {});
  await alice.clock.advance(1);
  return event_id;
}

const pulled = (party: Party) => pull.run(restarted(party));

/** Receipts that lie in somebody's mailbox. */
const receiptsIn = (world: MailWorld, { slotId }: Party): WireEvent[] =>
  world.relay.texts(slotId).map(parseEvent)
    .filter(({ value }) => value["type"] === RECEIPT_TYPE);

const said = (event: WireEvent | undefined) =>
  readReceipt(event?.value["body"]).messages.map(({ step, eventId }) => `${step} ${eventId}`);

async function stepsOf(party: Party, id: string): Promise<readonly string[]> {
  const { stateRoot } = party.context.home.paths;
  const journal = new DeliveryJournal({ files: party.disk, stateRoot });
  return [...(await journal.find(handle("bob"), id)).values()].flat().map(({ step }) => step);
}

const stateOf = (party: Party, peer: string) =>
  readReceiptState(
    { files: party.disk, stateRoot: party.context.home.paths.stateRoot },
    handle(peer),
  );

/** A receipt that says anything. */
function receipt(from: Party, to: Party, body: Json): WireEvent {
  return eventFrom(from, to, { kind: RECEIPT_KIND, type: RECEIPT_TYPE, body });
}

Deno.test("P2: received is said by a signed receipt of the peer, which is the evidence", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const ids = [await delivered(alice, "one"), await delivered(alice, "two")];
  await pulled(bob);
  const [event, ...more] = receiptsIn(world, alice);
  assert.deepEqual(more, [], "one receipt for both");
  assert.deepEqual(said(event), ids.map((id) => `received ${id}`));
  assert.deepEqual([event?.value["to"], event?.value["from"]], [
    alice.identity.did,
    bob.identity.did,
  ]);
  await pulled(alice);
  const { stateRoot } = alice.context.home.paths;
  const journal = new DeliveryJournal({ files: alice.disk, stateRoot });
  for (const id of ids) {
    const [stored, received] = [...(await journal.find(handle("bob"), id)).values()].flat();
    assert.deepEqual([stored?.step, received?.step], ["stored", "received"]);
    assert.deepEqual([received?.evidence["by"], received?.evidence["from"]], [
      event?.id,
      bob.identity.did,
    ]);
  }
  await pulled(bob);
  await pulled(alice);
  await pulled(bob);
  assert.equal(receiptsIn(world, alice).length, 1, "told once");
  assert.equal(receiptsIn(world, bob).length, 0, "no receipt for a receipt");
});

Deno.test("only peers whose pinned card names it are told; what came before is not told later", async () => {
  const world = new MailWorld();
  const [alice, bob] = [await world.party("alice"), await world.party("bob")];
  await pin(alice, bob);
  const old = admitCard(makeCard({ handle: "alice", keys: alice.identity.keys }));
  assert.ok(old.ok);
  await pin(bob, alice);
  await bob.context.home.updateTrust("test", (store) => {
    const pinned = pinCard(store, old, { tier: "VERIFIED", at: bob.clock.timestamp() });
    assert.ok(pinned.ok);
    return pinned.store;
  });
  await delivered(alice, "to one that says nothing");
  await pulled(bob);
  assert.deepEqual(receiptsIn(world, alice), []);
  await pin(bob, alice);
  const later = await delivered(alice, "to one that tells");
  await pulled(bob);
  assert.deepEqual(receiptsIn(world, alice).flatMap(said), [`received ${later}`]);
});

Deno.test("nothing is said of duplicates, quarantined or blocked events, and of certain kinds", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const mallory = await world.party("mallory");
  await pulled(bob);
  const silent = [100, 1100, 1101, 1200, 1201].map((kind) => eventFrom(alice, bob, { kind }));
  const good = eventFrom(alice, bob, { body: "good" });
  const strange = eventFrom(mallory, bob, { body: "who?" });
  for (const event of [...silent, strange, good, good]) world.relay.plant(bob.slotId, event.text);
  await pulled(bob);
  assert.deepEqual(receiptsIn(world, alice).flatMap(said), [`received ${good.id}`]);
  assert.deepEqual(receiptsIn(world, mallory), []);
  for (const event of silent) assert.ok(!wantsReceipt(event));
  await block(bob.context.home, { did: alice.identity.did, at: "" });
  world.relay.plant(bob.slotId, eventFrom(alice, bob, { body: "blocked" }).text);
  await pulled(bob);
  assert.equal(receiptsIn(world, alice).length, 1);
});

Deno.test("lesson 4: a message that got there and was not accepted is told to its signer, and nobody else", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const mallory = await world.party("mallory");
  const wrong = eventFrom(alice, mallory, { body: "for mallory" });
  const odd = signEvent(
    withMembers(eventFrom(alice, bob).value, {
      kind: 7_777,
      event_id: undefined,
      signature: undefined,
    }),
    alice.identity,
  );
  const forged = eventFrom(alice, bob, { body: "forged" }).text.replace("forged", "Forged");
  for (const text of [wrong.text, odd.text, forged, eventFrom(mallory, bob, { kind: 1001 }).text]) {
    world.relay.plant(bob.slotId, text);
  }
  await pulled(bob);
  const told = receiptsIn(world, alice).flatMap((event) =>
    readReceipt(event.value["body"]).messages
  );
  assert.deepEqual(told.map(({ step, eventId }) => [step, eventId]), [
    ["rejected", wrong.id],
    ["rejected", odd.id],
  ]);
  assert.match(told[0]?.reason ?? "", /addressed|recipient|to/);
  assert.deepEqual(receiptsIn(world, mallory), []);
  await pulled(bob);
  assert.equal(receiptsIn(world, alice).length, 1, "once");
});

Deno.test("a rejection of a message of ours shows in its steps", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const id = await delivered(alice, "hello");
  const rejected = [{ event_id: id, reason: "no" }];
  world.relay.plant(alice.slotId, receipt(bob, alice, { rejected }).text);
  await pulled(alice);
  assert.deepEqual(await stepsOf(alice, id), ["stored", "rejected"]);
});

Deno.test("P2: what was queued before the key was known counts as said to whom it was posted", async () => {
  const world = new MailWorld();
  const [alice, bob] = [await world.party("alice"), await world.party("bob")];
  const { event_id } = await say(alice, "bob", "before we met");
  await pin(alice, bob);
  await pin(bob, alice);
  await push.run(restarted(alice), {});
  world.relay.plant(alice.slotId, receipt(bob, alice, { received: [event_id] }).text);
  await pulled(alice);
  assert.deepEqual(await stepsOf(alice, event_id), ["stored", "received"]);
  assert.equal((await stateOf(alice, "bob"))?.ignored ?? 0, 0);
});

Deno.test("P2: ids that are in no outbox of ours to that very peer are ignored and counted", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const carol = await world.party("carol");
  await pin(alice, carol);
  await pin(carol, alice);
  const id = await delivered(alice, "for bob");
  const unknown = "f".repeat(64);
  world.relay.plant(alice.slotId, receipt(carol, alice, { received: [id], read: [id] }).text);
  world.relay.plant(alice.slotId, receipt(bob, alice, { received: [unknown, 7, "x"] }).text);
  await pulled(alice);
  assert.deepEqual(await stepsOf(alice, id), ["stored"]);
  assert.equal(alice.disk.texts()["/alice/state/wire/delivery/carol.jsonl"], undefined);
  assert.equal((await stateOf(alice, "carol"))?.ignored, 2);
  assert.equal((await stateOf(alice, "bob"))?.ignored, 3);
  const output = await status.run(restarted(alice), {});
  assert.ok("peers" in output);
  const shown = output.peers.map(({ handle, receipts_ignored }) => [handle, receipts_ignored]);
  assert.deepEqual(shown, [["bob", 3], ["carol", 2]]);
  assert.equal(await runProgram(["status"], alice.platform), 0);
  const { text } = alice.platform.terminal.stdout;
  assert.match(text, /!! bob: 3 entries of its receipts named no message of ours/);
});

Deno.test("P2: bob's key is another now: what the new one says of mail to the old one is ignored", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const id = await delivered(alice, "for the old bob");
  const other = await new MailWorld().party("bob2");
  const journal = new DeliveryJournal({
    files: alice.disk,
    stateRoot: alice.context.home.paths.stateRoot,
  });
  const { clock, disk: files } = alice;
  const { stateRoot } = alice.context.home.paths;
  const { Outgoing } = await import("./outgoing.ts");
  const outgoing = new Outgoing({ files, clock, stateRoot, journal });
  const [message] = await journal.everKnown(handle("bob"));
  assert.equal(message, id);
  const asked = parseEvent(world.relay.texts(bob.slotId)[0] ?? "").id;
  for (const [did, known] of [[bob.identity.did, true], [other.identity.did, false]] as const) {
    const { isEventId } = await import("../../protocol/ids.ts");
    assert.ok(isEventId(asked));
    assert.equal(await outgoing.stepsOf(handle("bob"), asked, did) !== undefined, known);
  }
});

Deno.test("a receipt that comes before the answer to the post is written down counts", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const { event_id } = await say(alice, "bob", "quick");
  world.relay.plant(alice.slotId, receipt(bob, alice, { received: [event_id] }).text);
  await pulled(alice);
  assert.deepEqual(await stepsOf(alice, event_id), ["received"]);
  const before = world.relay.log.length;
  await push.run(restarted(alice), {});
  const posts = world.relay.log.slice(before).filter((line) => line.startsWith("POST"));
  assert.deepEqual(posts, [], "what the peer has need not be posted");
});

Deno.test("P8: receipts that a hostile peer sends by the thousand cost bounded work", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  await delivered(alice, "hello");
  const ids = Array.from({ length: 1_000 }, (_, at) => at.toString(16).padStart(64, "0"));
  for (let at = 0; at < 20; at++) {
    world.relay.plant(alice.slotId, receipt(bob, alice, { received: ids, at: String(at) }).text);
  }
  let reads = 0;
  const files = new FaultFiles(alice.disk);
  const counting = new Proxy(files, {
    get(target, name) {
      if (name === "readAt") reads++;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  await pull.run(restarted(alice, counting));
  assert.equal((await stateOf(alice, "bob"))?.ignored, 20 * 1_000);
  assert.ok(reads < 1_000, `${reads} reads`);
  const journal = alice.disk.texts()["/alice/state/wire/delivery/bob.jsonl"] ?? "";
  assert.equal(journal.split("\n").length, 2, "one line for the one message");
});

Deno.test("receipts go behind messages, 200 ms after, later the more comes, and at most 256 at once", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const due: number[] = [];
  const stop = new AbortController();
  const deliveries = new Deliveries(bob.context, bob.identity, {
    onDue: () => due.push(bob.clock.monotonic()),
    signal: stop.signal,
  });
  const puller = new Puller(bob.context, bob.identity, { deliveries });
  const pusher = new Pusher(bob.context, bob.identity, { deliveries });
  await puller.round({ signal: NEVER });
  const arrive = async (count: number) => {
    for (let at = 0; at < count; at++) {
      const body = `${bob.clock.monotonic()} ${at}`;
      world.relay.plant(bob.slotId, eventFrom(alice, bob, { body }).text);
    }
    await puller.round({ signal: NEVER });
  };
  await arrive(300);
  await pusher.round({ signal: NEVER });
  assert.deepEqual(receiptsIn(world, alice), [], "not at once");
  const waits: number[] = [];
  for (let burst = 0; burst < 7; burst++) {
    const from = bob.clock.monotonic();
    while (due.length <= burst) await bob.clock.advance(100);
    waits.push((due[burst] ?? 0) - from);
    await say(bob, "alice", `a message in between ${burst}`);
    await pusher.round({ signal: NEVER });
    await arrive(1);
  }
  assert.deepEqual(waits, [200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  const order = world.relay.texts(alice.slotId).map((text) => parseEvent(text));
  assert.equal(order[0]?.value["type"], "claim", "behind the message");
  const counts = order.flatMap((event) =>
    event.value["type"] === RECEIPT_TYPE ? [said(event).length] : []
  );
  assert.deepEqual(counts, [MOST_RECEIPTED, 44, 1, 1, 1, 1, 1, 1]);
  stop.abort();
});

Deno.test("a relay that takes no receipt gets it later, and messages are not held up", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const id = await delivered(alice, "hello");
  world.net.serve("http://relay.test", async (request) => {
    const isPost = request.method === "POST";
    return isPost ? new Response("", { status: 503 }) : await world.relay.handle(request);
  });
  await pulled(bob);
  assert.deepEqual(receiptsIn(world, alice), []);
  world.net.serve("http://relay.test", world.relay.handle);
  await push.run(restarted(bob), {});
  assert.deepEqual(receiptsIn(world, alice).flatMap(said), [`received ${id}`]);
});

Deno.test("what was read is told where it was marked, each once", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const id = await delivered(alice, "hello");
  await pulled(bob);
  const marks = new ReadMarks({
    files: bob.disk,
    stateRoot: bob.context.home.paths.stateRoot,
  });
  const { isEventId } = await import("../../protocol/ids.ts");
  assert.ok(isEventId(id));
  await marks.mark(handle("alice"), [id, id]);
  await marks.mark(handle("alice"), [id]);
  await pulled(bob);
  await pulled(bob);
  assert.deepEqual(receiptsIn(world, alice).map(said), [[`received ${id}`], [`read ${id}`]]);
  await pulled(alice);
  assert.deepEqual(await stepsOf(alice, id), ["stored", "received", "read"]);
});

Deno.test("P1: killed at any durable step (delivery.receipts, delivery.reads, delivery.record), each message is told at least once, and known once", async () => {
  for (let at = 0; at < 14; at++) {
    for (const moment of ["before", "torn", "after"] as const) {
      const world = new MailWorld();
      const { alice, bob } = await world.paired();
      const id = await delivered(alice, "hello");
      const marks = (files: FaultFiles) =>
        new ReadMarks({ files, stateRoot: bob.context.home.paths.stateRoot });
      const files = new FaultFiles(bob.disk).crashAt(at, moment);
      const { isEventId } = await import("../../protocol/ids.ts");
      assert.ok(isEventId(id));
      try {
        await pull.run(restarted(bob, files));
        await marks(files).mark(handle("alice"), [id]);
        await pull.run(restarted(bob, files));
      } catch (error) {
        assert.ok(error instanceof Crash);
      }
      await pulled(bob);
      await marks(new FaultFiles(bob.disk)).mark(handle("alice"), [id]);
      await pulled(bob);
      const dying = new FaultFiles(alice.disk).crashAt(at, moment);
      await pull.run(restarted(alice, dying)).catch((error) => assert.ok(error instanceof Crash));
      await pulled(alice);
      assert.deepEqual(await stepsOf(alice, id), ["stored", "received", "read"], `${at} ${moment}`);
    }
  }
});

Deno.test("whatever a receipt says, at most 256 messages come of it and nothing throws", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const { messages } = readReceipt(JSON.parse(text));
      assert.ok(messages.length <= MOST_RECEIPTED);
    }),
    { numRuns: testRuns(200) },
  );
  const ids = Array.from({ length: 300 }, (_, at) => at.toString(16).padStart(64, "0"));
  const { messages, ignored } = readReceipt({ received: ids, read: ids });
  assert.deepEqual([messages.length, ignored], [256, 344]);
});
