import assert from "node:assert/strict";
import { InboxWriter } from "../../store/mail/inbox.ts";
import type { EventInput, WireEvent } from "../../protocol/event/event.ts";
import { eventFrom, MailWorld, type Party, pin } from "../../tests/fault/mail_world.ts";
import { notify } from "./notify.ts";

async function people() {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const receive = async (from: Party, input: Partial<EventInput> = {}): Promise<WireEvent> => {
    const event = eventFrom(from, bob, input);
    const { databases } = bob.platform;
    const stateRoot = bob.context.home.paths.stateRoot;
    await new InboxWriter({ files: bob.disk, databases, stateRoot }).store(from.handle, [event]);
    return event;
  };
  return { world, alice, bob, receive };
}

const once = async ({ context }: Party, input: Record<string, unknown> = {}) => {
  const stream = notify.stream(
    context,
    notify.input.parse({ once: true, ...input }),
    new AbortController().signal,
  );
  return await Array.fromAsync(stream);
};

Deno.test("notify: what came since the last time is shown once, and --json gives it in place of a toast", async () => {
  const { alice, bob, receive } = await people();
  await receive(alice, { body: "hello" });
  assert.deepEqual(await once(bob), []);
  assert.deepEqual(bob.platform.notifier.shown, [{ title: "wire ← alice", body: "claim: hello" }]);
  await once(bob);
  assert.equal(bob.platform.notifier.shown.length, 1);
  const event = await receive(alice, { body: "again" });
  const [printed] = await once(bob, { print: true });
  assert.equal(printed?.event_id, event.id);
  assert.equal(bob.platform.notifier.shown.length, 1);
  assert.match(bob.disk.texts()["/bob/state/wire/notify.cursor"] ?? "", /^\{"alice":\d+\}$/);
});

Deno.test("lesson 38: however much came, from however many, it is one toast", async () => {
  const { world, alice, bob, receive } = await people();
  for (let n = 1; n <= 134; n++) await receive(alice, { body: `message ${n}` });
  await once(bob);
  assert.deepEqual(bob.platform.notifier.shown, [{
    title: "wire ← alice",
    body: "134 messages, the last: claim: message 134",
  }]);
  for (const name of ["c1", "c2", "c3", "c4", "c5", "c6"]) {
    const peer = await world.party(name);
    await pin(bob, peer);
    await receive(peer);
  }
  await once(bob);
  await receive(alice, { body: "first" });
  await receive(alice, { body: "second" });
  assert.deepEqual(bob.platform.notifier.shown[1], {
    title: "wire ← 6 peers",
    body: "6 messages, from c1, c2, c3, c4, c5 and others",
  });
  const carol = await world.party("carol");
  await pin(bob, carol);
  await receive(carol);
  await once(bob);
  assert.deepEqual(bob.platform.notifier.shown.slice(2), [{
    title: "wire ← 2 peers",
    body: "alice: 2 messages, the last: claim: second\ncarol: claim: hello",
  }]);
});

Deno.test("lesson 38: a second notifier on the home says who runs, and shows nothing", async () => {
  const { alice, bob, receive } = await people();
  await receive(alice);
  const stop = new AbortController();
  const running = notify.stream(bob.context, notify.input.parse({}), stop.signal);
  const ended = running[Symbol.asyncIterator]().next();
  while (bob.platform.notifier.shown.length === 0) await Promise.resolve();
  await assert.rejects(once(bob), { code: "locked", message: /wire notify/ });
  stop.abort();
  assert.ok((await ended).done);
  assert.equal(bob.platform.notifier.shown.length, 1);
});

Deno.test("notify: a peer's text is one line without controls, and what does not verify says so", async () => {
  const { alice, bob, receive } = await people();
  const event = await receive(alice, { type: "x\nwire — paired", body: "a\u001b[2J\u202eb\r\nc" });
  const file = `${bob.context.home.file.inbox}/alice.jsonl`;
  await once(bob);
  await bob.disk.append(file, `${event.text.replace("x\\n", "y")}\n`, { point: "test" });
  await once(bob);
  const [first, forged] = bob.platform.notifier.shown;
  assert.equal(first?.body, "x wire — paired: a�[2J�b c");
  assert.equal(forged?.title, "wire ← alice (UNVERIFIED)");
});

Deno.test("ruling 5: what programs say to each other is shown only when asked for", async () => {
  const { alice, bob, receive } = await people();
  await receive(alice, { type: "heartbeat", kind: 100 });
  await once(bob);
  assert.deepEqual(bob.platform.notifier.shown, []);
  await receive(alice, { type: "heartbeat", kind: 100 });
  await once(bob, { includeHandshake: true });
  assert.equal(bob.platform.notifier.shown.length, 1);
});

Deno.test("ruling 17: with --peer the others' messages stay for later, and a damaged place shows all again", async () => {
  const { world, alice, bob, receive } = await people();
  const carol = await world.party("carol");
  await pin(bob, carol);
  await receive(alice);
  await receive(carol);
  await once(bob, { peer: "carol" });
  await once(bob);
  const titles = () => bob.platform.notifier.shown.map(({ title }) => title);
  assert.deepEqual(titles(), ["wire ← carol", "wire ← alice"]);
  for (const text of ["{", '{"alice":-1}', "[]", ""]) {
    const before = titles().length;
    await bob.disk.writeAtomic("/bob/state/wire/notify.cursor", text, { point: "test" });
    await once(bob);
    assert.deepEqual(titles().slice(before), ["wire ← 2 peers"], text);
  }
});
