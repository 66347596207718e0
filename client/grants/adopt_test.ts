import assert from "node:assert/strict";
import { FaultFiles } from "../../platform/fault_files.ts";
import { grantingWorld, live, processOf, recorded } from "../../tests/grants/granting_world.ts";
import { adoptGrants } from "./adopt.ts";
import { handOut, revokeFor } from "./hand_out.ts";
import { GrantKeeper } from "./keeper.ts";

const BOB = { did: "did:wire:bob-00000001" };
const PAIRING = { did: "pair2:4711" };
const adoption = { holder: PAIRING.did, did: BOB.did };

Deno.test("P5: what a pairing gave is the peer's from then on, and is revoked with it", async () => {
  await using world = await grantingWorld();
  const { slotToken } = await handOut(world.context, PAIRING, world.mailbox);
  for (const _ of [1, 2]) await adoptGrants(world.home, adoption);
  assert.equal((await handOut(world.context, BOB, world.mailbox)).slotToken, slotToken);
  assert.deepEqual(await revokeFor(world.context, PAIRING.did), { revoked: 0, waiting: 0 });
  assert.deepEqual(await revokeFor(world.context, BOB.did), { revoked: 1, waiting: 0 });
});

Deno.test("lesson 26: paired again, the peer has one grant, and it is the new one", async () => {
  await using world = await grantingWorld();
  await handOut(world.context, BOB, world.mailbox);
  const { slotToken } = await handOut(world.context, PAIRING, world.mailbox);
  await adoptGrants(world.home, adoption);
  await new GrantKeeper(world.context, world.self).round();
  assert.deepEqual((await recorded(world)).map(({ token }) => token), [slotToken]);
  assert.equal(live(await world.rows()).length, 1);
});

Deno.test("P1: killed while it is adopted (home.grants), a grant is the pairing's or the peer's", async () => {
  for (const moment of ["before", "after"] as const) {
    await using world = await grantingWorld();
    const { slotToken } = await handOut(world.context, PAIRING, world.mailbox);
    const point = "home.grants";
    const files = new FaultFiles(world.platform.files).crashAt({ point }, moment);
    const dying = adoptGrants(processOf(world, files).home, adoption);
    await assert.rejects(dying, { name: "Crash" });
    await adoptGrants(world.home, adoption);
    assert.deepEqual((await recorded(world)).map((it) => [it.holder, it.token]), [
      [BOB.did, slotToken],
    ]);
  }
});

Deno.test("adopting what was never given changes nothing", async () => {
  await using world = await grantingWorld();
  await handOut(world.context, BOB, world.mailbox);
  const before = await recorded(world);
  await adoptGrants(world.home, adoption);
  await adoptGrants(world.home, { holder: BOB.did, did: BOB.did });
  assert.deepEqual(await recorded(world), before);
});
