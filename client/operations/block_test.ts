import assert from "node:assert/strict";
import { admitCard } from "../../protocol/identity/card.ts";
import { pinCard, removeAgent } from "../../protocol/trust/trust.ts";
import { isBlocked } from "../../store/home/blocklist.ts";
import { livingWorld, run } from "../fake/world.ts";
import { block, blocked, unblock } from "./block.ts";

async function withBob() {
  const [alice, bob] = [await livingWorld("alice"), await livingWorld("bob")];
  const card = admitCard(bob.self.card);
  assert.ok(card.ok);
  await alice.home.updateTrust("test", (store) => {
    const pinned = pinCard(store, card, { tier: "VERIFIED", at: "2026-01-01T00:00:00Z" });
    assert.ok(pinned.ok);
    return pinned.store;
  });
  return { alice, did: bob.self.did };
}

Deno.test("block and unblock by handle mean the pinned DID, also after it was forgotten", async () => {
  const { alice, did } = await withBob();
  const handle = "bob";
  assert.deepEqual(await run(block, alice, { peer: "bob@relay.test", note: "floods" }), {
    blocked: true,
    did,
    handle,
  });
  assert.ok(await isBlocked(alice.home, did));
  const [entry, ...others] = await run(blocked, alice, {});
  assert.deepEqual([entry?.did, entry?.note, others], [did, "floods", []]);
  await alice.home.updateTrust("test", (store) => removeAgent(store, handle));
  const expected = { blocked: false, did, handle, was_blocked: true };
  assert.deepEqual(await run(unblock, alice, { peer: "bob" }), expected);
  assert.ok(!await isBlocked(alice.home, did));
  const again = { ...expected, was_blocked: false };
  assert.deepEqual(await run(unblock, alice, { peer: did }), again);
});

Deno.test("lesson 22: a bare name of nobody blocks nobody; a whole DID does", async () => {
  const { alice } = await withBob();
  await assert.rejects(run(block, alice, { peer: "carol" }), { code: "not_found" });
  const did = "did:wire:carol-0123abcd";
  await run(block, alice, { peer: did });
  assert.ok(await isBlocked(alice.home, did));
  assert.ok(!await isBlocked(alice.home, "did:wire:carol-0123abce"));
  await run(block, alice, { peer: "did:wire:carol-00000000" });
  await assert.rejects(run(unblock, alice, { peer: "carol" }), { code: "conflict" });
  await run(unblock, alice, { peer: did });
  assert.equal((await run(blocked, alice, {})).length, 1);
});

Deno.test("block refuses ourselves and what is no name", async () => {
  const { alice } = await withBob();
  const { did } = await alice.home.readIdentity();
  const wrong = ["alice", did, "", "../x", "did:wire:../x-0123abcd", "did:web:x", "\u001b[2J"];
  for (const peer of wrong) {
    await assert.rejects(run(block, alice, { peer }), { name: "WireError" }, peer);
  }
  assert.deepEqual(await run(blocked, alice, {}), []);
});
