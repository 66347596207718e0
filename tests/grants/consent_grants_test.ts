/** Requests by name between homes of ours on a relay with grants: no answer holds an owner's token. */
import assert from "node:assert/strict";
import { add } from "../../client/operations/add.ts";
import { block, unblock } from "../../client/operations/block.ts";
import { claim } from "../../client/operations/claim.ts";
import { forgetPeer } from "../../client/operations/forget_peer.ts";
import { pairAccept } from "../../client/operations/pair_inbound.ts";
import { peers } from "../../client/operations/peers.ts";
import { pull } from "../../client/operations/pull.ts";
import { push } from "../../client/operations/push.ts";
import { rotateSlot } from "../../client/operations/rotate_slot.ts";
import { RELAY, run } from "../../client/fake/world.ts";
import { RelayWorld } from "../relay/relay_world.ts";
import {
  connect,
  disturb,
  type GrantingWorld,
  grantingWorld,
  isMint,
  live,
  recorded,
} from "./granting_world.ts";

interface Two extends AsyncDisposable {
  readonly ida: GrantingWorld;
  readonly bob: GrantingWorld;
}

/** Both can be called by name. */
async function two(): Promise<Two> {
  const relay = new RelayWorld();
  const [ida, bob] = [await grantingWorld("ida", relay), await grantingWorld("bob", relay)];
  for (const world of [ida, bob]) await run(claim, world, { nick: world.self.handle });
  return { ida, bob, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() };
}

async function exchange({ ida, bob }: Two): Promise<void> {
  for (const world of [ida, bob, ida, bob]) {
    await run(pull, world, {});
    await run(push, world, {});
  }
}

/** @returns how many requests were looked at */
async function assertNoOwnerToken({ ida, bob }: Two): Promise<number> {
  let looked = 0;
  for (const { platform } of [ida, bob]) {
    for (const request of platform.net.requests.filter(({ method }) => method === "POST")) {
      const text = await request.clone().text();
      for (const { mailbox } of [ida, bob]) {
        assert.ok(!text.includes(mailbox.slotToken), `POST ${request.url}`);
      }
      looked++;
    }
  }
  return looked;
}

const tokenFor = async (world: GrantingWorld, peer: GrantingWorld) =>
  (await recorded(world)).find(({ holder }) => holder === peer.self.did)?.token;

const routeTo = async ({ home }: GrantingWorld, peer: string) =>
  (await home.readRelayState()).peers[peer]?.slot_token;

async function assertPaired({ ida, bob }: Two): Promise<void> {
  for (const [one, other] of [[ida, bob], [bob, ida]] as const) {
    const token = await tokenFor(one, other);
    assert.ok(token !== undefined);
    assert.equal(await routeTo(other, one.self.handle), token);
    assert.equal(live(await one.rows()).length, 1);
  }
}

Deno.test("P5, lesson 19: a request and its answer give a grant each, and no owner's token", async () => {
  await using both = await two();
  const { ida, bob } = both;
  await run(add, bob, { handle: "ida@relay.test", relay: RELAY });
  await run(pull, ida, {});
  assert.deepEqual(await recorded(ida), [], "nothing for a stranger before the operator's yes");
  await run(pairAccept, ida, { peer: "bob" });
  await exchange(both);
  await assertPaired(both);
  assert.ok(await assertNoOwnerToken(both) > 6);
});

Deno.test("P5: two that ask each other are answered with grants, once the relay makes them", async () => {
  await using both = await two();
  const { ida, bob } = both;
  await run(add, bob, { handle: "ida@relay.test", relay: RELAY });
  await run(add, ida, { handle: "bob@relay.test", relay: RELAY }).catch(() => undefined);
  await run(pull, bob, {});
  await exchange(both);
  await assertPaired(both);
  await assertNoOwnerToken(both);
});

Deno.test("P5: an answer waits while the relay makes no grant, and holds up no mail", async () => {
  await using both = await two();
  const { ida, bob } = both;
  // Ida has asked, and her relay makes no grant when bob's own request comes.
  await run(add, ida, { handle: "bob@relay.test", relay: RELAY });
  await run(add, bob, { handle: "ida@relay.test", relay: RELAY });
  const before = await recorded(ida);
  assert.equal(before.length, 1);
  const file = "/ida/config/wire/grants.json";
  const text = await ida.platform.files.readText(file) ?? "";
  const record = { ...JSON.parse(text), grants: [] };
  await ida.platform.files.writeAtomic(file, JSON.stringify(record), { point: "test" });
  disturb(ida, isMint, () => new Response("", { status: 500 }));
  const { cursor_advanced_to, total_seen } = await run(pull, ida, {});
  assert.ok(cursor_advanced_to !== null && total_seen > 0, "the cursor goes on");
  assert.equal((await recorded(ida)).filter(({ token }) => token !== undefined).length, 0);
  connect(ida, ida.relay);
  await run(pull, ida, {});
  const [made] = (await recorded(ida)).filter(({ token }) => token !== undefined);
  assert.equal(made?.holder, bob.self.did);
  const outbox = await ida.platform.files.readText("/ida/state/wire/outbox/bob.jsonl");
  assert.ok(outbox?.includes(made?.token ?? "?"));
  await assertNoOwnerToken(both);
});

Deno.test("P5, lesson 26: who moves gives each peer a grant of the new mailbox", async () => {
  await using both = await two();
  const { ida, bob } = both;
  await run(add, bob, { handle: "ida@relay.test", relay: RELAY });
  await run(pull, ida, {});
  await run(pairAccept, ida, { peer: "bob" });
  await exchange(both);
  const old = await routeTo(bob, "ida");
  for (const clock of [ida.relay.clock, ida.platform.clock, bob.platform.clock]) {
    await clock.advance(1_000);
  }
  const { new_slot_id, announced_to } = await run(rotateSlot, ida, {});
  assert.deepEqual(announced_to, ["bob"]);
  await exchange(both);
  const entry = (await bob.home.readRelayState()).peers["ida"];
  const given = (await recorded(ida)).find(({ slot_id }) => slot_id === new_slot_id);
  assert.deepEqual([entry?.slot_id, entry?.slot_token], [new_slot_id, given?.token]);
  assert.notEqual(entry?.slot_token, old);
  const { self } = await ida.home.readRelayState();
  for (const request of ida.platform.net.requests.filter(({ method }) => method === "POST")) {
    assert.ok(!(await request.clone().text()).includes(self?.slot_token ?? "?"), request.url);
  }
  await assertNoOwnerToken(both);
});

async function paired(both: Two): Promise<void> {
  const { ida, bob } = both;
  await run(add, bob, { handle: "ida@relay.test", relay: RELAY });
  await run(pull, ida, {});
  await run(pairAccept, ida, { peer: "bob" });
  await exchange(both);
}

Deno.test("P5: who is forgotten holds nothing of ours any more, and a silent relay is told later", async () => {
  for (const isSilent of [false, true]) {
    await using both = await two();
    const { ida } = both;
    await paired(both);
    const [bob] = await run(peers, ida, {});
    assert.equal(bob?.grant_id, (await recorded(ida))[0]?.grant_id);
    if (isSilent) ida.platform.net.fail(RELAY, "connect");
    await run(forgetPeer, ida, { handle: "bob" });
    assert.equal(/has not confirmed/.test(ida.warnings.join()), isSilent);
    assert.equal(live(await ida.rows()).length, isSilent ? 1 : 0);
    ida.platform.net.fail(RELAY, undefined);
    await run(pull, ida, {});
    assert.equal(live(await ida.rows()).length, 0);
    assert.deepEqual(await recorded(ida), []);
  }
});

Deno.test("P5: who is blocked can post nothing, and is given another grant when it is unblocked", async () => {
  await using both = await two();
  const { ida, bob } = both;
  await paired(both);
  const before = await routeTo(bob, "ida");
  ida.warnings.length = 0;
  await run(block, ida, { peer: "bob" });
  assert.equal(live(await ida.rows()).length, 0);
  assert.deepEqual(ida.warnings, [], "S25: nothing is left with it, and nothing else is said");
  for (const { clock } of [ida.relay, ida.platform, bob.platform]) await clock.advance(1_000);
  await run(unblock, ida, { peer: "bob" });
  await exchange(both);
  assert.notEqual(await routeTo(bob, "ida"), before);
  await assertPaired(both);
});
