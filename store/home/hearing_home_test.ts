import assert from "node:assert/strict";
import { pull } from "../../client/operations/pull.ts";
import {
  eventFrom,
  MailWorld,
  NEVER,
  pin,
  received,
  RELAY_URL,
  restarted,
} from "../../tests/fault/mail_world.ts";
import { unblock } from "../../client/operations/block.ts";
import { Puller } from "../../client/sync/puller.ts";
import { block } from "./blocklist.ts";
import { HearingHome } from "./hearing_home.ts";

Deno.test("P3: a blocked peer is not heard, others are, and its mail comes when it is unblocked", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const carol = await world.party("carol");
  await pin(alice, carol);
  const { home } = alice.context;
  await block(home, { did: bob.identity.did, at: "" });
  world.relay.plant(alice.slotId, eventFrom(bob, alice, { body: "spam" }).text);
  world.relay.plant(alice.slotId, eventFrom(carol, alice, { body: "mail" }).text);
  const daemon = new Puller(alice.context, alice.identity);
  const { rejected } = await daemon.round({ signal: NEVER });
  assert.equal(rejected.length, 1);
  assert.deepEqual([received(alice, "bob"), received(alice, "carol")], [[], ["mail"]]);
  await alice.clock.advance(1_000);
  await unblock.run(alice.context, { peer: "bob" });
  await daemon.round({ signal: NEVER });
  assert.deepEqual(received(alice, "bob"), ["spam"]);
});

Deno.test("lesson 11: with a broken blocklist nothing is received, and the mail waits", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const file = "/alice/config/wire/blocklist.json";
  await alice.disk.writeAtomic(file, "{", { point: "test.broken" });
  world.relay.plant(alice.slotId, eventFrom(bob, alice, { body: "mail" }).text);
  await assert.rejects(pull.run(alice.context), { code: "unreadable", message: /blocklist\.json/ });
  await alice.disk.remove(file, { point: "test.removed" });
  await pull.run(restarted(alice));
  assert.deepEqual(received(alice, "bob"), ["mail"]);
  assert.equal((await alice.context.home.readRelayState()).self?.relay_url, RELAY_URL);
});

Deno.test("who changes the trust of such a home changes the whole of it", async () => {
  const { alice, bob } = await new MailWorld().paired();
  const { home } = alice.context;
  await block(home, { did: bob.identity.did, at: "" });
  const hearing = new HearingHome(home);
  assert.ok(!(await hearing.readTrust()).agents.has("bob"));
  await hearing.updateTrust("test", (store) => store);
  assert.ok((await home.readTrust()).agents.has("bob"));
});
