import assert from "node:assert/strict";
import { Outbox } from "../../store/mail/outbox.ts";
import { eventFrom, MailWorld, type Party, pin, RELAY_URL } from "../../tests/fault/mail_world.ts";
import { pull } from "./pull.ts";
import { push } from "./push.ts";

const outboxOf = ({ disk, context: { home } }: Party) =>
  new Outbox({ files: disk, stateRoot: home.paths.stateRoot });

Deno.test("push without a peer, pull without a mailbox: one line and nothing done", async () => {
  const world = new MailWorld();
  const alice = await world.party("alice");
  await assert.rejects(push.run(alice.context, {}), { message: "no peer slots pinned" });
  await alice.context.home.updateRelayState("test", (state) => ({ ...state, self: null }));
  await assert.rejects(pull.run(alice.context), { message: "self slot not bound" });
  assert.deepEqual(world.relay.log, []);
});

Deno.test("push to one peer leaves the others alone, and a home without an outbox has nothing to say", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const carol = await world.party("carol");
  await pin(alice, carol);
  assert.deepEqual(await push.run(alice.context, {}), { pushed: [], skipped: [] });
  for (const peer of [bob, carol]) {
    await outboxOf(alice).enqueue(peer.handle, eventFrom(alice, peer));
  }
  const { pushed } = await push.run(alice.context, { peer: "carol@relay.test" });
  assert.deepEqual(pushed.map(({ peer }) => peer), ["carol"]);
  await assert.rejects(push.run(alice.context, { peer: "../bob" }), { code: "usage" });
});

Deno.test("lesson 3: an outbox file that nobody serves is named on stderr", async () => {
  const world = new MailWorld();
  const { alice } = await world.paired();
  const { directory } = outboxOf(alice);
  await alice.disk.ensureDirectory(directory);
  await alice.disk.append(`${directory}/bob@relay.test.jsonl`, "{}\n", { point: "test" });
  await push.run(alice.context, {});
  assert.match(alice.warnings.join("\n"), /^outbox file bob@relay\.test\.jsonl [^\n]+$/);
});

Deno.test("a mailbox that cannot be read is told on stderr, and the pull succeeds with nothing", async () => {
  const world = new MailWorld();
  const { bob } = await world.paired();
  world.net.fail(RELAY_URL, "tls");
  assert.deepEqual(await pull.run(bob.context), {
    cursor_advanced_to: null,
    cursor_blocked: false,
    rejected: [],
    total_seen: 0,
    written: [],
  });
  assert.match(bob.warnings.join("\n"), /^pull from http:\/\/relay\.test: TLS error: [^\n]+$/);
});

Deno.test("pull tells the cursor as it is, also when nothing moved", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const event = eventFrom(alice, bob);
  world.relay.plant(bob.slotId, event.text);
  const first = await pull.run(bob.context);
  assert.deepEqual(first, {
    cursor_advanced_to: event.id,
    cursor_blocked: false,
    rejected: [],
    total_seen: 1,
    written: [{ event_id: event.id, from: "alice" }],
  });
  assert.equal((await pull.run(bob.context)).cursor_advanced_to, event.id);
});

Deno.test("lesson 11: an unreadable trust file is an error of the pull, not an empty trust", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  world.relay.plant(bob.slotId, eventFrom(alice, bob).text);
  await bob.disk.writeAtomic(bob.context.home.file.trust, "[]", { point: "test" });
  await assert.rejects(pull.run(bob.context), { code: "unreadable" });
});
