import assert from "node:assert/strict";
import { FaultFiles } from "../../platform/fault_files.ts";
import {
  connect,
  disturb,
  type GrantingWorld,
  grantingWorld,
  isMint,
  live,
  processOf,
  recorded,
} from "../../tests/grants/granting_world.ts";
import { hashed } from "../../tests/relay/relay_world.ts";
import { json, RELAY } from "../fake/world.ts";
import { handOut, revokeFor } from "./hand_out.ts";
import { GrantKeeper } from "./keeper.ts";
import { shutOut } from "./shut_out.ts";

const BOB = { did: "did:wire:bob-00000001" };
const EVE = { did: "did:wire:eve-00000002" };
const event = hashed(`"n":1`).text;

const keeper = (world: GrantingWorld): GrantKeeper => new GrantKeeper(processOf(world), world.self);

Deno.test("P5: who is forgotten can post nothing more, and others can", async () => {
  await using world = await grantingWorld();
  const [bob, eve] = [
    await handOut(world.context, BOB, world.mailbox),
    await handOut(world.context, EVE, world.mailbox),
  ];
  assert.deepEqual(await revokeFor(world.context, BOB.did), {
    revoked: 1,
    waiting: 0,
    orphaned: 0,
  });
  const refused = await world.post(bob.slotToken, event);
  assert.deepEqual([refused.status, refused.text], [403, `{"error":"token revoked"}`]);
  assert.equal((await world.post(eve.slotToken, event)).status, 201);
  assert.deepEqual(await revokeFor(world.context, BOB.did), {
    revoked: 0,
    waiting: 0,
    orphaned: 0,
  });
  const again = await handOut(world.context, BOB, world.mailbox);
  assert.notEqual(again.slotToken, bob.slotToken, "paired again, with another token");
});

Deno.test("P2: no revocation is called done before the relay has said so, and it is asked for again", async () => {
  await using world = await grantingWorld();
  const { slotToken } = await handOut(world.context, BOB, world.mailbox);
  for (const answer of [json({ error: "commit failed" }, 500), json({ error: "x" }, 404)]) {
    disturb(world, ({ method }) => method === "DELETE", () => answer.clone());
    assert.deepEqual(await revokeFor(world.context, BOB.did), {
      revoked: 0,
      waiting: 1,
      orphaned: 0,
    });
  }
  world.platform.net.fail(RELAY, "timeout");
  assert.deepEqual(await revokeFor(world.context, BOB.did), {
    revoked: 0,
    waiting: 1,
    orphaned: 0,
  });
  world.platform.net.fail(RELAY, undefined);
  connect(world, world.relay);
  await keeper(world).round();
  assert.equal((await world.post(slotToken, event)).status, 403);
  assert.deepEqual(await recorded(world), []);
});

Deno.test("a silent relay is asked less and less often, and then again", async () => {
  await using world = await grantingWorld();
  await handOut(world.context, BOB, world.mailbox);
  world.platform.net.fail(RELAY, "connect");
  await revokeFor(world.context, BOB.did);
  const daemon = keeper(world);
  const asked = () => world.platform.net.requests.length;
  const tried: number[] = [];
  for (let second = 0; second < 120; second += 5) {
    const before = asked();
    await daemon.round();
    if (asked() > before) tried.push(second);
    await world.platform.clock.advance(5_000);
  }
  assert.deepEqual(tried, [0, 5, 15, 35, 75]);
  world.platform.net.fail(RELAY, undefined);
  await world.platform.clock.advance(60_000);
  await daemon.round();
  assert.deepEqual(await recorded(world), []);
});

Deno.test("P5: a grant that was asked for and never answered is revoked, too", async () => {
  await using world = await grantingWorld();
  disturb(world, isMint, async (request) => {
    await world.relay.relay.fetch(request, { remoteAddress: "192.0.2.1" });
    return json({ error: "gateway" }, 502);
  });
  await assert.rejects(handOut(world.context, BOB, world.mailbox));
  assert.equal(live(await world.rows()).length, 1);
  assert.deepEqual(await revokeFor(world.context, BOB.did), {
    revoked: 1,
    waiting: 0,
    orphaned: 0,
  });
  assert.equal(live(await world.rows()).length, 0);
});

Deno.test("P5: who is forgotten while its grant is being made gets none", async () => {
  await using world = await grantingWorld();
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  disturb(world, isMint, async (request) => {
    asked.resolve();
    await answer.promise;
    return await world.relay.relay.fetch(request, { remoteAddress: "192.0.2.1" });
  });
  const giving = assert.rejects(handOut(processOf(world), BOB, world.mailbox), {
    code: "conflict",
  });
  await asked.promise;
  const revoking = revokeFor(processOf(world), BOB.did);
  while ((await recorded(world))[0]?.revoke_since === undefined) await Promise.resolve();
  answer.resolve();
  await giving;
  assert.deepEqual(await revoking, { revoked: 1, waiting: 0, orphaned: 0 });
  assert.equal(live(await world.rows()).length, 0);
});

Deno.test("P1: killed at any durable step (home.grants) of a revocation, the next one ends it", async () => {
  await using calm = await grantingWorld();
  await handOut(calm.context, BOB, calm.mailbox);
  const counting = new FaultFiles(calm.platform.files);
  await revokeFor(processOf(calm, counting), BOB.did);
  assert.equal(counting.steps.length, 2);
  for (const { index } of counting.steps) {
    for (const moment of ["before", "after"] as const) {
      await using world = await grantingWorld();
      await handOut(world.context, BOB, world.mailbox);
      const files = new FaultFiles(world.platform.files).crashAt(index, moment);
      await assert.rejects(revokeFor(processOf(world, files), BOB.did), { name: "Crash" });
      await revokeFor(processOf(world), BOB.did);
      assert.deepEqual(await recorded(world), []);
      assert.equal(live(await world.rows()).length, 0);
    }
  }
});

Deno.test("a mailbox that is closed holds no revocation up", async () => {
  await using world = await grantingWorld();
  await handOut(world.context, BOB, world.mailbox);
  await world.context.relay(world.mailbox.relayUrl).grants.retire(world.mailbox);
  const done = { revoked: 1, waiting: 0, orphaned: 0 };
  assert.deepEqual(await revokeFor(world.context, BOB.did), done);
});

Deno.test("P2: a grant of a mailbox that relay.json does not name is never called revoked, and is once it does", async () => {
  await using world = await grantingWorld();
  const { slotToken } = await handOut(world.context, BOB, world.mailbox);
  const { self } = await world.home.readRelayState();
  await world.home.updateRelayState("test", (state) => ({ ...state, self: null }));
  await shutOut(world.context, BOB.did);
  assert.match(world.warnings.join("\n"), /^1 token\(s\) of .*bob.* cannot be revoked: relay.json/);
  const waiting = { revoked: 0, waiting: 1, orphaned: 1 };
  assert.deepEqual(await revokeFor(world.context, BOB.did), waiting);
  assert.equal((await recorded(world)).length, 1);
  // It is nothing to be asked for again and again: what else is to be done does not wait for it.
  const daemon = keeper(world);
  await daemon.round();
  await world.home.updateRelayState("test", (state) => ({ ...state, self }));
  await daemon.round();
  assert.deepEqual(await recorded(world), []);
  assert.equal((await world.post(slotToken, event)).status, 403);
});
