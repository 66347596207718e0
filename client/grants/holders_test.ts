import assert from "node:assert/strict";
import { admitCard, makeCard } from "../../protocol/identity/card.ts";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import {
  type GrantingWorld,
  grantingWorld,
  mailboxOf,
  recorded,
} from "../../tests/grants/granting_world.ts";
import { hashed } from "../../tests/relay/relay_world.ts";
import { livingWorld, RELAY, run } from "../fake/world.ts";
import { invite } from "../operations/invite.ts";
import { handOut, revokeFor } from "./hand_out.ts";
import { exposures, grantIds, whoUsed } from "./holders.ts";
import { slotClass } from "./slot_class.ts";

/** @returns the DID */
async function pin({ home }: GrantingWorld, handle: string, seed: number): Promise<string> {
  const card = admitCard(
    makeCard({ handle, keys: keyPairFromSeed(new Uint8Array(32).fill(seed)) }),
  );
  assert.ok(card.ok);
  await home.updateTrust("test", (store) => {
    const pinned = pinCard(store, card, { tier: "VERIFIED", at: "2026-01-01T00:00:00Z" });
    assert.ok(pinned.ok);
    return pinned.store;
  });
  return card.did;
}

Deno.test("P5: a mailbox of ours alone has no token holders; one that is shared names every peer", async () => {
  await using world = await grantingWorld();
  await pin(world, "bob", 9);
  await pin(world, "carol", 10);
  assert.deepEqual((await exposures(world.home)).map((it) => [it.class, it.tokenHolders]), [
    ["owner", []],
  ]);
  const shared = mailboxOf(await world.relay.slot());
  await world.home.updateRelayState("test", (state) => ({
    ...state,
    self: { relay_url: RELAY, slot_id: shared.slotId, slot_token: shared.slotToken },
  }));
  const expected = [{
    relayUrl: shared.relayUrl,
    slotId: shared.slotId,
    class: "shared",
    tokenHolders: ["bob", "carol"],
  }];
  assert.deepEqual(await exposures(world.home), expected, "as long as nobody has looked");
  assert.equal(await slotClass(world.context, shared), "shared");
  assert.deepEqual(await exposures(world.home), expected);
});

Deno.test("a home without a mailbox has nothing to tell", async () => {
  const { home } = await livingWorld();
  assert.deepEqual(await exposures(home), []);
  assert.deepEqual([...await grantIds(home)], []);
});

Deno.test("each peer's grant is told by DID, until it is to be revoked; an invite's is nobody's", async () => {
  await using world = await grantingWorld();
  const [bob, carol] = [await pin(world, "bob", 9), await pin(world, "carol", 10)];
  for (const did of [bob, carol]) await handOut(world.context, { did }, world.mailbox);
  await run(invite, world, {});
  const ids = (await recorded(world)).slice(0, 2).map(({ holder, grant_id }) => [holder, grant_id]);
  assert.deepEqual([...await grantIds(world.home)], ids.toReversed());
  world.platform.net.fail(RELAY, "connect");
  await revokeFor(world.context, carol);
  assert.deepEqual([...(await grantIds(world.home)).keys()], [bob]);
});

Deno.test("who has posted with its own grant knows where the mailbox is", async () => {
  await using world = await grantingWorld();
  assert.deepEqual([...await whoUsed(world.context, world.mailbox)], []);
  const [bob, carol] = [await pin(world, "bob", 9), await pin(world, "carol", 10)];
  const given = await handOut(world.context, { did: bob }, world.mailbox);
  await handOut(world.context, { did: carol }, world.mailbox);
  await world.post(given.slotToken, hashed(`"n":1`).text);
  await world.post(world.mailbox.slotToken, hashed(`"n":2`).text);
  assert.deepEqual([...await whoUsed(world.context, world.mailbox)], [bob]);
});
