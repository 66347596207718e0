/** Claims whose key signs where the nick is to point: docs/protocol/claims.md. */
import assert from "node:assert/strict";
import { proveClaim } from "../../protocol/claim_proof.ts";
import type { JsonObject } from "../../protocol/json/value.ts";
import { agent, claim } from "./claims.ts";
import { RelayWorld, shown, type Slot } from "./relay_world.ts";

const ALICE = agent("alice");
const MALLORY = agent("mallory");
const NEWER = '409 {"error":"this nick moves only with a newer proof of its key","nick":"alice"}';

function proved(world: RelayWorld, slot: Slot, { ahead = 0, who = ALICE } = {}): JsonObject {
  const at = Temporal.Instant.fromEpochMilliseconds(world.clock.now() + ahead).toString();
  const place = { nick: "alice", slotId: slot.id, relayUrl: null };
  return { proof: { ...proveClaim(place, at, who.keys) } };
}

const slotOf = async (world: RelayWorld): Promise<string | undefined> =>
  (await world.directory.find("alice"))?.slotId;

Deno.test("P6: who has seen a holder's card cannot move the nick that was claimed with a proof", async () => {
  await using world = new RelayWorld();
  const slot = await world.slot();
  const first = await claim(world, "alice", { who: ALICE, slot }, { body: proved(world, slot) });
  assert.equal(first.status, 201);
  const thiefs = await world.slot();
  const thief = { who: ALICE, slot: thiefs };
  await world.clock.advance(60_000);
  assert.equal(shown(await claim(world, "alice", thief)), NEWER);
  // The proof that the holder made, and one that the thief made.
  for (const body of [proved(world, slot), proved(world, thiefs, { who: MALLORY })]) {
    const answer = shown(await claim(world, "alice", thief, { body }));
    assert.equal(answer, '400 {"error":"the proof does not fit the claim"}');
  }
  const elsewhere = { relay_url: "https://thief.example" };
  assert.equal(
    shown(await claim(world, "alice", { who: ALICE, slot }, { body: elsewhere })),
    NEWER,
  );
  assert.equal(await slotOf(world), slot.id);
});

Deno.test("its holder moves it with a later proof, and an earlier one moves it back no more", async () => {
  await using world = new RelayWorld();
  const [old, fresh] = [await world.slot(), await world.slot()];
  const before = proved(world, old);
  assert.equal(
    (await claim(world, "alice", { who: ALICE, slot: old }, { body: before })).status,
    201,
  );
  await world.clock.advance(1_000);
  const body = proved(world, fresh);
  for (const _ of ["once", "and again, its answer lost"]) {
    const moved = await claim(world, "alice", { who: ALICE, slot: fresh }, { body });
    assert.equal(moved.status, 201);
  }
  assert.equal(await slotOf(world), fresh.id);
  const back = await claim(world, "alice", { who: ALICE, slot: old }, { body: before });
  assert.equal(shown(back), NEWER);
  assert.equal(await slotOf(world), fresh.id);
});

Deno.test("a nick that was never proved moves as before, and is proved from its first proof on", async () => {
  await using world = new RelayWorld();
  const [one, two] = [await world.slot(), await world.slot()];
  for (const slot of [one, two, one]) {
    assert.equal((await claim(world, "alice", { who: ALICE, slot })).status, 201);
  }
  await claim(world, "alice", { who: ALICE, slot: one }, { body: proved(world, one) });
  assert.equal(shown(await claim(world, "alice", { who: ALICE, slot: two })), NEWER);
  // The same place again needs none: other clients claim anew with every card.
  assert.equal((await claim(world, "alice", { who: ALICE, slot: one })).status, 201);
});

Deno.test("P8: a proof from the future locks nobody out, and one of another form is refused", async () => {
  await using world = new RelayWorld();
  const slot = await world.slot();
  const alice = { who: ALICE, slot };
  const late = await claim(world, "alice", alice, {
    body: proved(world, slot, { ahead: 600_001 }),
  });
  assert.match(shown(late), /^400 \{"error":"the proof is from the future","now":"/);
  for (const at of ["yesterday", "2026-13-01T00:00:00Z", ""]) {
    const { proof } = proved(world, slot);
    const body = { proof: { ...(proof as JsonObject), at } };
    assert.equal((await claim(world, "alice", alice, { body })).status, 400, at);
  }
  for (
    const proof of [1, "x", {}, { at: "a".repeat(41), sig: "" }, { at: "", sig: "x".repeat(101) }]
  ) {
    assert.equal((await claim(world, "alice", alice, { body: { proof } })).status, 422);
  }
  assert.equal(await slotOf(world), undefined);
  assert.equal((await claim(world, "alice", alice, { body: { proof: null } })).status, 201);
});

Deno.test("P8: a relay_url longer than 2,048 characters is none", async () => {
  await using world = new RelayWorld();
  const slot = await world.slot();
  const body = { relay_url: `https://a.example/${"x".repeat(2_048)}` };
  assert.equal((await claim(world, "alice", { who: ALICE, slot }, { body })).status, 400);
});
