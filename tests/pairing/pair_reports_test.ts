/** What the commands of a pairing report, alike in both forms. */
import assert from "node:assert/strict";
import type { ClientContext } from "../../client/context.ts";
import { pairHost } from "../../client/operations/pair_host.ts";
import { pairJoin } from "../../client/operations/pair_join.ts";
import { pairList } from "../../client/operations/pair_list.ts";
import { pairWatch } from "../../client/operations/pair_watch.ts";
import { KEPT_MS } from "../../client/pair2/pair2_tick.ts";
import { PairWorld, pinned, statusOf } from "../../client/pairing/fake/pair_world.ts";
import type { PairListing } from "../../client/pairing/pair_listing.ts";
import { WireError } from "../../protocol/errors.ts";
import { assertVerified, met, Pair2World, RELAY, rounds } from "../pair2/pair2_world.ts";

const { signal } = new AbortController();
const HOUR_MS = 3_600_000;

async function listed(context: ClientContext): Promise<PairListing> {
  for await (const item of pairList.stream(context, {}, signal)) {
    if (Array.isArray(item)) return item[0] ?? assert.fail("nothing is listed");
  }
  assert.fail("no list");
}

/** The last record, and what it failed with. */
async function watched(context: ClientContext, code: string): Promise<[unknown, unknown]> {
  let last: unknown;
  try {
    const input = pairWatch.input.parse({ code, timeout: 1 });
    for await (const item of pairWatch.stream(context, input, signal)) last = item;
  } catch (error) {
    return [last, error];
  }
  return [last, undefined];
}

Deno.test("ruling 10: pair-host, pair-join and pair-list say the form and the end, for both forms", async () => {
  for (const form of ["pair/2", "0.5.19"] as const) {
    await using world = new Pair2World();
    const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
    const shown: unknown[] = [];
    const compat = form === "0.5.19";
    let code = "";
    for await (
      const it of pairHost.stream(alice.context(), { relay: RELAY, detach: true, compat }, signal)
    ) {
      assert.ok("state" in it);
      code = it.code_phrase;
      shown.push(it);
    }
    for await (
      const it of pairJoin.stream(bob.context(), { relay: RELAY, detach: true, code }, signal)
    ) {
      shown.push(it);
    }
    shown.push(await listed(alice.context()), await listed(bob.context()));
    assert.equal(shown.length, 4);
    for (const record of shown) {
      const { form: said, expires_at }: { form?: unknown; expires_at?: unknown } = Object(record);
      assert.equal(said, form);
      assert.ok(Date.parse(String(expires_at)) > world.clock.now(), String(expires_at));
    }
    const files = Object.keys(alice.files.texts()).filter((file) => file.includes("pending-pair"));
    assert.equal(files.length > 0, compat, "0.5.19 never reads a record of pair/2");
  }
});

Deno.test("ruling 10: 404 while polling is aborted with its reason, in the old form", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const code = await world.queueHost(alice);
  await world.tick(alice);
  assert.equal(await statusOf(alice, code), "polling");
  world.relay.restart();
  assert.deepEqual(await world.tick(alice), ["alice: polling → aborted"]);
  const { status, last_error } = await listed(alice.context);
  assert.equal(status, "aborted");
  assert.match(last_error ?? "", /^pairing expired at the relay, or the other side gave it up$/);
  const [, error] = await watched(alice.context, code);
  assert.ok(error instanceof WireError && error.code === "pairing_failed", String(error));
  assert.ok(error.message.endsWith(last_error ?? "-"), "the same reason");
  assert.deepEqual(await pinned(alice), {});
});

Deno.test("ruling 10: 404 while polling is aborted with its reason, in pair/2", async () => {
  await using world = new Pair2World();
  const alice = await world.agent("alice");
  const code = await world.host(alice);
  await alice.tick();
  assert.equal((await listed(alice.context())).status, "polling");
  world.between = ({ method, url }) =>
    method === "GET" && url.includes("/v1/pair2/")
      ? Response.json({ error: "unknown pairing" }, { status: 404 })
      : undefined;
  assert.deepEqual(await alice.tick(), ["polling → aborted"]);
  const { status, last_error } = await listed(alice.context());
  assert.equal(status, "aborted");
  assert.match(last_error ?? "", /expired|404/);
  const [, error] = await watched(alice.context(), code);
  assert.ok(error instanceof WireError && error.message.endsWith(last_error ?? "-"), String(error));
});

Deno.test("ruling 10: the last state of a finished pairing stays for an hour, and no longer", async () => {
  const { world, alice, bob, code } = await met();
  await using _ = world;
  await rounds(alice, bob);
  await assertVerified(alice, bob);
  const finalized = { code, state: "finalized", form: "pair/2" };
  assert.equal(KEPT_MS, HOUR_MS);
  await world.clock.advance(KEPT_MS - 60_000);
  await alice.tick();
  assert.deepEqual(await watched(alice.context(), code), [finalized, undefined]);
  await world.clock.advance(60_000);
  await alice.tick();
  const [last, error] = await watched(alice.context(), code);
  assert.deepEqual(last, { code, error: "no such pair" });
  assert.ok(error instanceof WireError && error.code === "not_found");
});

Deno.test("ruling 10: a pairing of the old form that was aborted says so for the rest of its hour", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const code = await world.queueHost(alice);
  await world.tick(alice);
  world.relay.restart();
  await world.tick(alice);
  await world.clock.advance(HOUR_MS - 60_000);
  await world.tick(alice);
  assert.equal(await statusOf(alice, code), "aborted");
  await world.clock.advance(120_000);
  await world.tick(alice);
  assert.equal(await statusOf(alice, code), undefined);
});
