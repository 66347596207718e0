import assert from "node:assert/strict";
import { eventFrom, MailWorld } from "../../tests/fault/mail_world.ts";
import { diagEnable, diagStatus, diagTail } from "./diag.ts";
import { pull } from "./pull.ts";

Deno.test("P5: a pull is traced with counts and the cursor, and with none of the home's secrets", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const { context } = bob;
  assert.ok(!(await diagStatus.run(context)).enabled);
  assert.ok((await diagEnable.run(context)).enabled);
  const drop = eventFrom(alice, bob, {
    type: "pair_drop_ack",
    kind: 1101,
    body: { slot_token: alice.slotToken, slot_id: alice.slotId, relay_url: "http://relay.test" },
  });
  const event = eventFrom(alice, bob, { body: "the password is hunter2" });
  for (const { text } of [drop, event]) world.relay.plant(bob.slotId, text);
  await pull.run(context);
  const [entry] = await Array.fromAsync(diagTail.stream(context, { limit: 5 }));
  assert.equal(entry?.type, "pull");
  assert.deepEqual(entry?.payload, {
    advance_to: event.id,
    blocked: false,
    events_in: 2,
    rejected: 0,
    written: 2,
  });
  const { log_path, log_size_bytes } = await diagStatus.run(context);
  const written = bob.disk.texts()[log_path] ?? "";
  assert.equal(written.length, log_size_bytes);
  for (const secret of [alice.slotToken, bob.slotToken, "hunter2"]) {
    assert.ok(!written.includes(secret));
  }
});

Deno.test("an empty trace says how to begin one", async () => {
  const world = new MailWorld();
  const alice = await world.party("alice");
  assert.deepEqual(await Array.fromAsync(diagTail.stream(alice.context, { limit: 5 })), []);
  assert.match(alice.warnings.join(), /wire diag enable/);
});
