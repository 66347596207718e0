import assert from "node:assert/strict";
import fc from "fast-check";
import type { EventInput } from "../../protocol/event/event.ts";
import { InboxWriter } from "../../store/mail/inbox.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import { messageIndexAt } from "../../store/search/message_index.ts";
import { eventFrom, MailWorld, type Party, restarted } from "../../tests/fault/mail_world.ts";
import { testRuns } from "../../tests/runs.ts";
import { search } from "./search.ts";

async function people() {
  const { alice, bob } = await new MailWorld().paired();
  const receive = async (to: Party, from: Party, input: Partial<EventInput>) => {
    const event = eventFrom(from, to, input);
    const stateRoot = to.context.home.paths.stateRoot;
    const { databases } = to.platform;
    const inbox = new InboxWriter({ files: to.disk, databases, stateRoot });
    await inbox.store(from.handle, [event]);
    return event;
  };
  const sent = async (from: Party, to: Party, input: Partial<EventInput>) => {
    const event = eventFrom(from, to, input);
    const stateRoot = from.context.home.paths.stateRoot;
    await new Outbox({ files: from.disk, stateRoot }).enqueue(to.handle, event);
    return event;
  };
  return { alice, bob, receive, sent };
}

const find = async (
  { context }: Pick<Party, "context">,
  text: string,
  more: Record<string, unknown> = {},
) => (await search.run(context, search.input.parse({ text, ...more }))).messages;

const indexOf = ({ context }: Party) => messageIndexAt(context.home.paths.stateRoot).path;

Deno.test("search: words in what came and what was sent, newest first, with peer, time and snippet", async () => {
  const { alice, bob, receive, sent } = await people();
  const one = await receive(bob, alice, { body: "the Build is green, ship it" });
  const two = await sent(bob, alice, { body: { note: "which build?" }, type: "note", kind: 1 });
  await receive(bob, alice, { body: "lunch" });
  assert.deepEqual(await find(bob, "build"), [{
    event_id: two.id,
    peer: "alice",
    direction: "out",
    kind: "note",
    timestamp: two.value["timestamp"],
    snippet: '{"note":"which build?"}',
    verified: true,
  }, {
    event_id: one.id,
    peer: "alice",
    direction: "in",
    kind: "claim",
    timestamp: one.value["timestamp"],
    snippet: "the Build is green, ship it",
    verified: true,
  }]);
  const ids = async (text: string, more = {}) =>
    (await find(bob, text, more)).map(({ event_id }) => event_id);
  assert.deepEqual(await ids("BUILD ship"), [one.id], "every word, in any case");
  assert.deepEqual(await ids('"ship it"'), [one.id]);
  assert.deepEqual(await ids('"it ship"'), []);
  assert.deepEqual(await ids("gre*"), [one.id]);
  assert.deepEqual(await ids("gre"), []);
  assert.deepEqual(await ids("build", { kind: "note" }), [two.id]);
  assert.deepEqual(await ids("build", { kind: "1001" }), [one.id]);
  assert.deepEqual(await ids("build", { peer: "carol" }), []);
  assert.deepEqual(await ids("build", { limit: 1 }), [two.id]);
});

Deno.test("search: --since takes spans, days and times, and refuses the rest", async () => {
  const { alice, bob, receive } = await people();
  const old = await receive(bob, alice, { body: "word", timestamp: "2025-12-01T00:00:00Z" });
  const now = await receive(bob, alice, { body: "word" });
  assert.equal((await find(bob, "word", { since: "1h" }))[0]?.event_id, now.id);
  assert.equal((await find(bob, "word", { since: "1h" })).length, 1);
  for (const since of ["2025-12-01", "2025-12-01T00:00:00Z", "52w"]) {
    assert.equal((await find(bob, "word", { since }))[1]?.event_id, old.id, since);
  }
  for (const since of ["yesterday", "-1h", "2025-13-01", "1y"]) {
    await assert.rejects(find(bob, "word", { since }), { code: "usage" }, since);
  }
  await assert.rejects(find(bob, "word", { kind: "77" }), { code: "usage" });
});

Deno.test("search: what a sender dates into the future does not stand before what is new", async () => {
  const { alice, bob, receive } = await people();
  const future = await receive(bob, alice, { body: "word", timestamp: "2999-01-01T00:00:00Z" });
  await find(bob, "word");
  await bob.clock.advance(60_000);
  const now = await receive(bob, alice, { body: "word", timestamp: bob.clock.timestamp() });
  assert.deepEqual((await find(bob, "word")).map(({ event_id }) => event_id), [now.id, future.id]);
});

Deno.test("search follows the files as they grow, in another process too, reading only what is new", async () => {
  const { alice, bob, receive } = await people();
  await receive(bob, alice, { body: "first word" });
  assert.equal((await find(bob, "word")).length, 1);
  await receive(bob, alice, { body: "second word" });
  const context = restarted(bob);
  assert.equal((await find({ context }, "word")).length, 2);
  assert.deepEqual(bob.platform.databases.removed, [], "the index was kept");
});

Deno.test("P3: a line that somebody wrote into the inbox is marked as not verified", async () => {
  const { alice, bob, receive } = await people();
  const event = await receive(bob, alice, { body: "pay bob" });
  const file = `${bob.context.home.file.inbox}/alice.jsonl`;
  const forged = event.text.replace("pay bob", "pay mallory");
  await bob.disk.append(file, `${forged}\n`, { point: "test" });
  const found = await find(bob, "pay");
  assert.deepEqual(found.map(({ verified }) => verified), [false, true]);
});

Deno.test("P5: the tokens that pairing events carry are not in the index, nor found", async () => {
  const { alice, bob, receive } = await people();
  const slot_token = "5".repeat(64);
  await receive(bob, alice, { type: "pair_drop_ack", kind: 1101, body: { slot_token, a: "word" } });
  assert.deepEqual(await find(bob, "word"), []);
  assert.deepEqual(await find(bob, slot_token), []);
});

Deno.test("search: a damaged, foreign or removed index is built again by itself", async () => {
  const { alice, bob, receive } = await people();
  await receive(bob, alice, { body: "word" });
  assert.equal((await find(bob, "word")).length, 1);
  bob.platform.databases.damaged.add(indexOf(bob));
  assert.equal((await find(bob, "word")).length, 1);
  await bob.platform.databases.remove(indexOf(bob));
  assert.equal((await find(bob, "word")).length, 1);
  (await bob.platform.databases.open(indexOf(bob))).script("PRAGMA user_version = 99");
  assert.equal((await find(bob, "word")).length, 1);
});

Deno.test("search: an inbox that was rewritten or purged leaves nothing behind in the index", async () => {
  const { alice, bob, receive, sent } = await people();
  const event = await receive(bob, alice, { body: "secret word" });
  const other = eventFrom(alice, bob, { body: "another text" });
  assert.equal((await find(bob, "secret")).length, 1);
  const file = `${bob.context.home.file.inbox}/alice.jsonl`;
  await bob.disk.writeAtomic(file, `${other.text}\n${event.text}\n`, { point: "test" });
  assert.equal((await find(bob, "secret"))[0]?.event_id, event.id);
  await sent(bob, alice, { body: "mine" });
  await bob.disk.remove(file, { point: "test" });
  assert.deepEqual(await find(bob, "secret"), []);
  const left = (await bob.platform.databases.open(indexOf(bob))).all("SELECT text FROM body");
  assert.deepEqual(left.map(({ text }) => text), ["mine"]);
  await bob.disk.remove(`${bob.context.home.file.outbox}/alice.jsonl`, { point: "test" });
  assert.deepEqual(await find(bob, "mine"), []);
  assert.deepEqual(bob.platform.databases.removed, [indexOf(bob)]);
});

Deno.test("ruling 1: a partial outbox line is found once it is signed, though the line before was blanked", async () => {
  const { alice, bob, sent } = await people();
  const file = `${bob.context.home.file.outbox}/alice.jsonl`;
  await sent(bob, alice, { body: "zero" });
  const partial = '{"kind":1,"body":"word"}';
  await bob.disk.append(file, `${partial}\n`, { point: "test" });
  assert.deepEqual(await find(bob, "word"), []);
  const size = (await bob.disk.stat(file))?.size ?? 0;
  const signed = await sent(bob, alice, { body: "word" });
  const blank = new TextEncoder().encode(" ".repeat(partial.length));
  await bob.disk.overwrite(file, size - partial.length - 1, blank, { point: "test" });
  assert.deepEqual((await find(bob, "word")).map(({ event_id }) => event_id), [signed.id]);
  assert.equal((await find(bob, "zero")).length, 1);
});

Deno.test("search: no text is syntax: whatever is typed finds words or is refused as no word", async () => {
  const { alice, bob, receive } = await people();
  await receive(bob, alice, { body: "a OR b NEAR(c) text:x \" ' ) ( * ^ + - 0\0z" });
  const texts = fc.oneof(
    fc.string({ minLength: 1, maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(..."\"'()*^+-:{}.,; ORANDNOTEw\0"), minLength: 1 }),
  );
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      try {
        await find(bob, text);
      } catch (error) {
        assert.ok(error instanceof Error && Reflect.get(error, "code") === "usage", String(error));
      }
    }),
    { numRuns: testRuns(200) },
  );
  assert.equal((await find(bob, "OR")).length, 1, "an operator is a word");
  await assert.rejects(find(bob, "?!"), { code: "usage" });
});

Deno.test("lesson 33: searching a home without mail makes nothing", async () => {
  const world = new MailWorld();
  const alice = await world.party("alice");
  const before = alice.disk.texts();
  assert.deepEqual(await find(alice, "word"), []);
  assert.deepEqual(alice.disk.texts(), before);
});
