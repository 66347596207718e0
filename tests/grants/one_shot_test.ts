/** `wire pair` between homes of ours, and what expires. */
import assert from "node:assert/strict";
import { add } from "../../client/operations/add.ts";
import { claim } from "../../client/operations/claim.ts";
import { pairByAddress as pair } from "../../client/operations/pair_by_address.ts";
import { pairAccept } from "../../client/operations/pair_inbound.ts";
import { peers } from "../../client/operations/peers.ts";
import { pull } from "../../client/operations/pull.ts";
import { status } from "../../client/operations/status.ts";
import { RELAY, run } from "../../client/fake/world.ts";
import { RelayWorld } from "../relay/relay_world.ts";
import { type GrantingWorld, grantingWorld, live, recorded } from "./granting_world.ts";

interface Two extends AsyncDisposable {
  readonly ida: GrantingWorld;
  readonly bob: GrantingWorld;
}

/** Bob's nick is not his handle. */
async function two(): Promise<Two> {
  const relay = new RelayWorld();
  const [ida, bob] = [await grantingWorld("ida", relay), await grantingWorld("bob", relay)];
  await run(claim, bob, { nick: "bobby" });
  await run(claim, ida, { nick: "ida" });
  return { ida, bob, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() };
}

const call = (nick: string, timeout = 0) => ({
  handle: `${nick}@r.example`,
  relay: RELAY,
  timeout,
});

const introsOf = ({ platform }: GrantingWorld): number =>
  platform.net.requests.filter(({ url }) => url.includes("/v1/handle/intro/")).length;

Deno.test("lesson 5: pair that ran out of time says what is open, and again goes on without asking twice", async () => {
  await using world = await two();
  const { ida, bob } = world;
  await assert.rejects(run(pair, ida, call("bobby")), {
    code: "timed_out",
    message: /never sent pair_drop_ack; our request stays open until \S+Z and may still complete$/,
  });
  await assert.rejects(run(pair, ida, call("bobby")), { code: "timed_out" });
  assert.equal(introsOf(ida), 1);
  await run(pull, bob, {});
  await run(pairAccept, bob, { peer: "ida" });
  const output = await run(pair, ida, call("bobby"));
  assert.deepEqual(
    [output.peer_handle, output.paired_with, output.status, output.reachable],
    ["bob", bob.self.did, "paired", true],
    "under the handle of the DID, not the nick",
  );
  assert.deepEqual(await run(pair, ida, call("bobby")), output);
  assert.equal(introsOf(ida), 1, "a paired peer is not asked again");
});

Deno.test("S24, lesson 20: two who pair at once need no accept, and each can reach the other", async () => {
  await using world = await two();
  const { ida, bob } = world;
  await assert.rejects(run(pair, ida, call("bobby")), { code: "timed_out" });
  await run(add, bob, { handle: "ida@r.example", relay: RELAY });
  const output = await run(pair, ida, call("bobby"));
  assert.ok(output.reachable);
  const back = await run(pair, bob, call("ida"));
  assert.ok(back.reachable);
});

Deno.test("ruling 12: an expired request's grant is revoked by the next pull, and add renews both", async () => {
  await using world = await two();
  const { ida, bob } = world;
  await run(add, ida, { handle: "bobby@r.example", relay: RELAY, ttl: 60 });
  assert.equal(live(await ida.rows()).length, 1);
  await ida.platform.clock.advance(59_000);
  await run(pull, ida, {});
  assert.equal(live(await ida.rows()).length, 1);
  assert.ok(!(await run(peers, ida, {})).some(({ request }) => request === "expired"));
  await ida.platform.clock.advance(1_000);
  await run(pull, ida, {});
  const note = { request: "expired", next: `wire add bobby@r.example --relay ${RELAY}` };
  const [peer] = await run(peers, ida, {});
  const shown = await run(status, ida, {});
  assert.deepEqual({ request: peer?.request, next: peer?.next }, note);
  assert.ok("peers" in shown);
  assert.deepEqual(shown.peers, [{ handle: "bob", tier: "PENDING_ACK", ...note }]);
  assert.deepEqual([live(await ida.rows()).length, await recorded(ida)], [0, []]);
  const renewed = await run(add, ida, { handle: "bobby@r.example", relay: RELAY });
  assert.equal(renewed.status, "drop_sent");
  assert.ok(!Object.hasOwn((await run(peers, ida, {}))[0] ?? {}, "request"));
  await run(pull, bob, {});
  await run(pairAccept, bob, { peer: "ida" });
  assert.equal((await run(pair, ida, call("bobby"))).status, "paired");
});
