import assert from "node:assert/strict";
import { OWN_CAPABILITIES } from "../protocol/identity/capabilities.ts";
import { makeCard, signCard } from "../protocol/identity/card.ts";
import { keyPairFromSeed } from "../protocol/identity/keys.ts";
import { type JsonObject, member, withMembers } from "../protocol/json/value.ts";
import { agentOf } from "../protocol/trust/trust.ts";
import { eventFrom, MailWorld, type Party } from "../tests/fault/mail_world.ts";
import { profileSet } from "./operations/profile_set.ts";
import { cardEvent } from "./queue_card.ts";
import { takeCard } from "./take_card.ts";

const pinned = async ({ context }: Party, handle: string) =>
  agentOf(await context.home.readTrust(), handle);

const bring = (from: Party, to: Party, card: JsonObject, kind = 1100, type = "agent_card") =>
  eventFrom(from, to, { kind, type, body: { card } });

Deno.test("a peer's new card is taken: capabilities grow, tier and time of the pin stay", async () => {
  const { alice, bob } = await new MailWorld().paired();
  const before = await pinned(alice, "bob");
  await profileSet.run(bob.context, { field: "capabilities", value: "markdown/v1" });
  const identity = await bob.context.home.readIdentity();
  const event = cardEvent(identity, alice.identity.did, bob.clock.timestamp());
  assert.ok(await takeCard(alice.context, bob.handle, event));
  assert.ok(!await takeCard(alice.context, bob.handle, event), "again is no news");
  const after = await pinned(alice, "bob");
  assert.deepEqual(
    withMembers(after?.value ?? {}, { card: undefined }),
    withMembers(before?.value ?? {}, { card: undefined }),
  );
  const card = member(after?.value ?? {}, "card");
  assert.deepEqual(JSON.parse(JSON.stringify(card)).capabilities, [
    ...OWN_CAPABILITIES,
    "markdown/v1",
  ]);
  assert.deepEqual(alice.warnings, []);
  await profileSet.run(bob.context, { field: "capabilities", value: "[]" });
  const poorer = cardEvent(
    await bob.context.home.readIdentity(),
    alice.identity.did,
    bob.clock.timestamp(),
  );
  assert.ok(await takeCard(alice.context, bob.handle, poorer));
  assert.match(alice.warnings.join(), /bob sent a new card.*no longer: markdown\/v1/);
  assert.ok(!await takeCard(alice.context, bob.handle, event), "a replayed card is none");
});

Deno.test("lesson 24: no card of another key, DID, date, kind or sender is taken", async () => {
  const { alice, bob } = await new MailWorld().paired();
  const mallory = keyPairFromSeed(new Uint8Array(32).fill(9));
  const { keys, card } = bob.identity;
  const later = { issued_at: "2030-01-01T00:00:00Z" };
  const dated = signCard(withMembers(card, later), keys);
  const hostile: readonly (readonly [string, JsonObject])[] = [
    ["undated", card],
    ["not signed", withMembers(card, later)],
    [
      "other key",
      signCard(withMembers(makeCard({ handle: "bob", keys: mallory }), later), mallory),
    ],
    ["other did", signCard(withMembers(card, { ...later, did: "did:wire:bob-00000000" }), keys)],
    ["ourselves", alice.identity.card],
    ["no card", {}],
  ];
  const before = alice.disk.texts()[alice.context.home.file.trust];
  for (const [name, value] of hostile) {
    assert.ok(!await takeCard(alice.context, bob.handle, bring(bob, alice, value)), name);
  }
  assert.ok(!await takeCard(alice.context, alice.handle, bring(bob, alice, dated)));
  for (
    const event of [bring(bob, alice, dated, 1001), bring(bob, alice, dated, 1100, "pair_drop")]
  ) {
    assert.ok(!await takeCard(alice.context, bob.handle, event));
  }
  assert.equal(alice.disk.texts()[alice.context.home.file.trust], before);
  assert.ok(await takeCard(alice.context, bob.handle, bring(bob, alice, dated)));
});
