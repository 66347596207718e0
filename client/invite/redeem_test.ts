import assert from "node:assert/strict";
import { FaultFiles } from "../../platform/fault_files.ts";
import { admitCard } from "../../protocol/identity/card.ts";
import { isInviteNonce } from "../../protocol/invite/invite_record.ts";
import { pinCard, removeAgent } from "../../protocol/trust/trust.ts";
import { openHome } from "../../store/home/home.ts";
import { PendingInvites } from "../../store/home/pending_invites.ts";
import { fakeWorld, livingWorld, type World } from "../fake/world.ts";
import { finishRedemption, redeemInvite } from "./redeem.ts";

const NONCE = "0a".repeat(32);
const BOB = "did:wire:bob-11111111";
const CAROL = "did:wire:carol-22222222";
const TTL_S = 3600;

async function issue(world: World, uses = 1): Promise<void> {
  const now = Math.floor(world.platform.clock.now() / 1000);
  assert.ok(isInviteNonce(NONCE));
  const createdAt = world.platform.clock.timestamp();
  const invite = { nonce: NONCE, exp: now + TTL_S, uses, createdAt } as const;
  await new PendingInvites(world.home).create(invite, now);
}

const tagOf = async ({ home }: World, nonce: string, did: string) =>
  (await redeemInvite(home, nonce, did)).tag;

Deno.test("P3: an invented nonce earns nothing, whatever it is made of", async () => {
  const world = fakeWorld();
  await issue(world);
  const before = world.platform.files.texts();
  const hostile = ["x", "", "../../config/wire/private", `${NONCE}\0`, NONCE.toUpperCase(), "lock"];
  for (const nonce of ["ff".repeat(32), ...hostile]) {
    assert.equal(await tagOf(world, nonce, BOB), "unknown", nonce);
  }
  assert.deepEqual(world.platform.files.texts(), before, "a stranger's invention writes nothing");
});

Deno.test("lesson 19: a used nonce is worth nothing to anybody else", async () => {
  const world = fakeWorld();
  await issue(world);
  assert.equal(await tagOf(world, NONCE, BOB), "redeemed");
  assert.equal(await tagOf(world, NONCE, CAROL), "spent");
});

Deno.test("the same DID twice takes one use", async () => {
  const world = fakeWorld();
  await issue(world, 2);
  assert.equal(await tagOf(world, NONCE, BOB), "redeemed");
  assert.equal(await tagOf(world, NONCE, BOB), "repeat");
  assert.equal(await tagOf(world, NONCE, CAROL), "redeemed");
  assert.equal(await tagOf(world, NONCE, BOB), "repeat");
});

Deno.test("an expired nonce is expired on the first asking and on every later one", async () => {
  const world = fakeWorld();
  await issue(world);
  await world.platform.clock.advance((TTL_S + 1) * 1000);
  assert.equal(await tagOf(world, NONCE, BOB), "expired");
  assert.equal(await tagOf(world, NONCE, BOB), "expired");
});

Deno.test("of many who redeem at once exactly as many as there are uses come in", async () => {
  const world = fakeWorld();
  await issue(world, 3);
  const dids = Array.from({ length: 10 }, (_, i) => `did:wire:peer${i}-0000000${i}`);
  const tags = await Promise.all(dids.map((did) => tagOf(world, NONCE, did)));
  assert.equal(tags.filter((tag) => tag === "redeemed").length, 3);
  assert.equal(tags.filter((tag) => tag === "spent").length, 7);
});

for (const point of ["invite.redeem", "invite.count", "invite.end"]) {
  Deno.test(`P1: killed at ${point}, a use is taken once, by whom it was taken first`, async () => {
    for (const moment of ["before", "after"] as const) {
      const world = fakeWorld();
      await issue(world, point === "invite.count" ? 2 : 1);
      const files = new FaultFiles(world.platform.files).crashAt({ point }, moment);
      const dying = openHome({ ...world.platform, files });
      await assert.rejects(redeemInvite(dying, NONCE, BOB), { name: "Crash" });
      const isTaken = point !== "invite.redeem" || moment === "after";
      assert.equal(await tagOf(world, NONCE, BOB), isTaken ? "repeat" : "redeemed");
      const isLast = point !== "invite.count";
      assert.equal(await tagOf(world, NONCE, CAROL), isLast ? "spent" : "redeemed");
      assert.equal(await tagOf(world, NONCE, "did:wire:dave-33333333"), "spent");
    }
  });
}

Deno.test("P7: a file that cannot be read earns nothing, and the log says so", async () => {
  const world = fakeWorld();
  await issue(world);
  const file = `/alice/state/wire/invites/${NONCE}.json`;
  await world.platform.files.writeAtomic(file, "{", { point: "t.p" });
  assert.equal(await tagOf(world, NONCE, BOB), "unknown");
  assert.equal(world.platform.log.entries.length, 1);
});

Deno.test("P4: a forgotten peer's old drop does not bring it back", async () => {
  const world = fakeWorld("issuer");
  await issue(world, 2);
  const bob = await livingWorld("bob");
  const card = admitCard(bob.self.card);
  assert.ok(card.ok);
  assert.equal(await tagOf(world, NONCE, card.did), "redeemed");
  await world.home.updateTrust("test", (store) => {
    const pinned = pinCard(store, card, { tier: "VERIFIED", at: "2026-01-01T00:00:00Z" });
    assert.ok(pinned.ok);
    return pinned.store;
  });
  await finishRedemption(world.home, NONCE, card.did);
  assert.equal(await tagOf(world, NONCE, card.did), "repeat");
  await world.home.updateTrust("test", (store) => removeAgent(store, "bob"));
  assert.equal(await tagOf(world, NONCE, card.did), "spent");
});

Deno.test("P1: killed at invite.pinned, the use stays taken and the pin is made or still due", async () => {
  for (const moment of ["before", "after"] as const) {
    const world = fakeWorld();
    await issue(world);
    assert.equal(await tagOf(world, NONCE, BOB), "redeemed");
    const point = "invite.pinned";
    const files = new FaultFiles(world.platform.files).crashAt({ point }, moment);
    const dying = openHome({ ...world.platform, files });
    await assert.rejects(finishRedemption(dying, NONCE, BOB), { name: "Crash" });
    assert.equal(await tagOf(world, NONCE, BOB), moment === "before" ? "repeat" : "spent");
    assert.equal(await tagOf(world, NONCE, CAROL), "spent");
  }
});

Deno.test("finishing what was never redeemed writes nothing", async () => {
  const world = fakeWorld();
  await issue(world);
  const before = world.platform.files.texts();
  for (const nonce of [NONCE, "ff".repeat(32), "../x"]) {
    await finishRedemption(world.home, nonce, BOB);
  }
  assert.deepEqual(world.platform.files.texts(), before);
});
