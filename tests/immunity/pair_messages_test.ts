/**
 * The messages of pairing by digits, as a relay or a peer may forge, swap, reflect or replay them,
 * against the whole client: nobody is pinned, and the pairing ends with a reason.
 */
import assert from "node:assert/strict";
import { ed25519 } from "@noble/curves/ed25519.js";
import { type Agent, PairWorld, pinned, statusOf } from "../../client/pairing/fake/pair_world.ts";
import { pairConfirm } from "../../client/operations/pair_confirm.ts";
import { toBase64 } from "../../protocol/identity/keys.ts";

const { Point } = ed25519;
const message = (point: Uint8Array): Uint8Array => Uint8Array.of(0x53, ...point);
const hex = (text: string): Uint8Array => Uint8Array.fromHex(text);

/** Encodings of the eight points of small order, and one of the identity that is not canonical. */
const SMALL_ORDER = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map(hex);

/** A point of order 8ℓ: on the curve, outside of the subgroup. */
const MIXED = Point.BASE.multiply(7n).add(Point.fromBytes(SMALL_ORDER[4] ?? new Uint8Array(32)))
  .toBytes();

async function hosting(): Promise<{ world: PairWorld; alice: Agent; code: string }> {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const code = await world.queueHost(alice);
  await world.tick(alice);
  assert.equal(await statusOf(alice, code), "polling");
  return { world, alice, code };
}

/** As whoever writes into the relay's memory. */
function slotOf(
  { relay }: PairWorld,
): { msg: Map<string, string>; bootstrap: Map<string, string> } {
  const [slot] = relay.slots.values();
  assert.ok(slot);
  return slot;
}

Deno.test("T2: a peer's message of small order, off the subgroup or of another length ends it", async () => {
  const good = Point.BASE.multiply(5n).toBytes();
  const evil: Readonly<Record<string, Uint8Array>> = {
    ...Object.fromEntries(SMALL_ORDER.map((point, i) => [`small order ${i}`, message(point)])),
    "off the subgroup": message(MIXED),
    "no point": message(hex("02".padEnd(64, "0"))),
    empty: new Uint8Array(),
    "without its side": good,
    "of another side": Uint8Array.of(0x41, ...good),
    "one byte short": message(good.slice(1)),
    "one byte long": Uint8Array.of(...message(good), 0),
    "very long": new Uint8Array(3_000).fill(0x53),
  };
  for (const [name, bytes] of Object.entries(evil)) {
    const { world, alice, code } = await hosting();
    slotOf(world).msg.set("guest", toBase64(bytes));
    await world.tick(alice);
    assert.equal(await statusOf(alice, code), "aborted", name);
    const record = await alice.context.home.pendingPairs.read(code);
    assert.match(record?.last_error ?? "", /^SPAKE2 finish failed: /, name);
    assert.deepEqual(await pinned(alice), {});
  }
});

Deno.test("T2: our own message sent back to us is no peer", async () => {
  const { world, alice, code } = await hosting();
  const slot = slotOf(world);
  slot.msg.set("guest", slot.msg.get("host") ?? "");
  await world.tick(alice);
  const record = await alice.context.home.pendingPairs.read(code);
  assert.equal(record?.last_error, "SPAKE2 finish failed: Reflection");
  assert.deepEqual(await pinned(alice), {});
});

/** Both show the same digits and have confirmed; nobody has looked for the other's bootstrap. */
async function confirmed(world: PairWorld, alice: Agent, bob: Agent): Promise<string> {
  const code = await world.queueHost(alice);
  await world.queueJoin(bob, code);
  await world.tick(alice, bob, alice);
  const { home } = alice.context;
  const digits = (await home.pendingPairs.read(code))?.sas ?? "";
  for (const { context } of [alice, bob]) await pairConfirm.run(context, { code, digits });
  return code;
}

Deno.test("T3: a bootstrap sealed for another pairing, or our own sent back, pins nobody", async () => {
  const other = new PairWorld();
  const [eve, carl] = [await other.agent("eve"), await other.agent("carl")];
  await confirmed(other, eve, carl);
  await other.tick(eve, carl);
  const [foreign] = [...other.relay.slots.values()].map((slot) => slot.bootstrap.get("host"));
  assert.ok(foreign);
  for (const attack of ["foreign", "reflected", "garbage", "short"] as const) {
    const world = new PairWorld();
    const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
    const code = await confirmed(world, alice, bob);
    await world.tick(bob);
    const slot = slotOf(world);
    const own = slot.bootstrap.get("guest") ?? "";
    assert.notEqual(own, "");
    const sealed = {
      foreign,
      reflected: own,
      garbage: toBase64(new Uint8Array(500)),
      short: "AA==",
    };
    slot.bootstrap.set("host", sealed[attack]);
    await world.tick(bob);
    assert.equal(await statusOf(bob, code), "aborted", attack);
    assert.deepEqual(await pinned(bob), {}, attack);
  }
});

Deno.test("T3: messages of two pairings that the relay swaps show different digits", async () => {
  const world = new PairWorld();
  const names = ["alice", "bob", "carol", "dave"] as const;
  const [alice, bob, carol, dave] = await Promise.all(names.map((name) => world.agent(name)));
  assert.ok(alice && bob && carol && dave);
  const [first, second] = [await world.queueHost(alice), await world.queueHost(carol)];
  await world.queueJoin(bob, first);
  await world.queueJoin(dave, second);
  await world.tick(alice, carol, bob, dave);
  const [one, two] = [...world.relay.slots.values()];
  assert.ok(one && two);
  const [guest, stranger] = [one.msg.get("guest") ?? "", two.msg.get("guest") ?? ""];
  one.msg.set("guest", stranger);
  two.msg.set("guest", guest);
  await world.tick(alice, carol);
  const shown = async ({ context }: Agent, code: string) =>
    (await context.home.pendingPairs.read(code))?.sas;
  assert.match(await shown(alice, first) ?? "", /^\d{6}$/);
  assert.notEqual(await shown(alice, first), await shown(bob, first));
  assert.notEqual(await shown(carol, second), await shown(dave, second));
});

Deno.test("T3: a pair slot that the relay forgets, or never fills, ends without a pin", async () => {
  const world = new PairWorld();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const code = await confirmed(world, alice, bob);
  await world.tick(alice);
  world.relay.slots.clear();
  await world.tick(alice, bob);
  assert.deepEqual([await pinned(alice), await pinned(bob)], [{}, {}]);
  for (const agent of [alice, bob]) assert.equal(await statusOf(agent, code), "aborted");
});
