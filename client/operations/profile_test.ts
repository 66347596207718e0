import assert from "node:assert/strict";
import { OWN_CAPABILITIES } from "../../protocol/identity/capabilities.ts";
import { Crash, FaultFiles } from "../../platform/fault_files.ts";
import { admitCard } from "../../protocol/identity/card.ts";
import { issuedAt } from "../../protocol/identity/card_update.ts";
import { removeAgent } from "../../protocol/trust/trust.ts";
import { block } from "../../store/home/blocklist.ts";
import { MailWorld, pin, restarted, trust } from "../../tests/fault/mail_world.ts";
import { livingWorld, run } from "../fake/world.ts";
import { profileGet } from "./profile_get.ts";
import { profileClear, profileSet } from "./profile_set.ts";

const NAMES = ["__proto__", "constructor"];

Deno.test("profile set, get and clear --json: exactly the keys of 0.5.19", async () => {
  const world = await livingWorld("alice");
  const { did } = world.self;
  assert.deepEqual(await run(profileGet, world, {}), { did, profile: null });
  assert.deepEqual(await run(profileSet, world, { field: "motto", value: "42" }), {
    field: "motto",
    profile: { motto: 42, schema_version: "v0.5" },
  });
  const now = { field: "now", value: '{"text":"asleep"}' };
  const profile = { motto: 42, now: { text: "asleep" }, schema_version: "v0.5" };
  assert.deepEqual(await run(profileSet, world, now), { field: "now", profile });
  assert.deepEqual(await run(profileGet, world, {}), { did, profile });
  assert.deepEqual(await run(profileClear, world, { field: "motto" }), {
    cleared: true,
    field: "motto",
    profile: { now: { text: "asleep" }, schema_version: "v0.5" },
  });
  const nulled = await run(profileSet, world, { field: "now", value: "null" });
  assert.deepEqual(nulled, { field: "now", profile: { schema_version: "v0.5" } });
});

Deno.test("vibe and handle can be cleared, which 0.5.19 cannot", async () => {
  const world = await livingWorld("alice");
  await run(profileSet, world, { field: "vibe", value: '["calm"]' });
  await run(profileSet, world, { field: "handle", value: "alice@relay.test" });
  await run(profileClear, world, { field: "vibe" });
  const { profile } = await run(profileClear, world, { field: "handle" });
  assert.deepEqual(profile, { schema_version: "v0.5" });
});

Deno.test("every edit leaves a card that verifies, later than the one before, of the same key", async () => {
  const world = await livingWorld("alice");
  let before = 0;
  for (const value of ["one", '{"a":[1e3,0.1]}', NAMES[0] ?? "", "🦀", "null"]) {
    await run(profileSet, world, { field: "display_name", value });
    const { card, did } = await world.home.readIdentity();
    const admission = admitCard(card);
    assert.ok(admission.ok && admission.did === did && did === world.self.did);
    const issued = issuedAt(card) ?? 0;
    assert.ok(issued > before);
    before = issued;
  }
  const text = world.platform.files.texts()[world.home.file.card];
  await run(profileClear, world, { field: "display_name" });
  assert.equal(world.platform.files.texts()[world.home.file.card], text, "nothing was changed");
});

Deno.test("a value that does not fit leaves the card as it is", async () => {
  const world = await livingWorld("alice");
  const before = { ...world.platform.files.texts() };
  const wrong = [
    { field: "mood", value: "x" },
    ...NAMES.map((field) => ({ field, value: "x" })),
    { field: "vibe", value: "calm" },
    { field: "handle", value: "no nick" },
    { field: "motto", value: "x".repeat(20_000) },
    { field: "capabilities", value: "wire/receipts-2" },
  ];
  for (const input of wrong) {
    await assert.rejects(run(profileSet, world, input), { code: "usage" }, input.field);
  }
  for (const [index, field] of ["motto", "display_name", "emoji", "pronouns"].entries()) {
    const input = { field, value: "x".repeat(16_384) };
    // Each fits; together they would make a card that fits no claim.
    if (index < 3) await run(profileSet, world, input);
    else await assert.rejects(run(profileSet, world, input), /the card would have \d+ bytes/);
  }
  assert.notDeepEqual({ ...world.platform.files.texts() }, before);
});

const queuedCards = (party: { disk: { texts(): Record<string, string> } }, peer: string) =>
  (party.disk.texts()[`/alice/state/wire/outbox/${peer}.jsonl`] ?? "").split("\n")
    .filter((line) => line !== "").map((line) => JSON.parse(line));

Deno.test("S26: set capabilities are on the card, and the card is queued for verified peers only", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const [carol, dave] = [await world.party("carol"), await world.party("dave")];
  await trust(alice, carol); // has not answered yet
  await pin(alice, dave);
  await block(alice.context.home, { did: dave.identity.did, at: "" });
  const input = { field: "capabilities", value: "markdown/v1" };
  const expected = {
    field: "capabilities",
    profile: {},
    capabilities: [...OWN_CAPABILITIES, "markdown/v1"],
    queued_for: ["bob"],
  };
  assert.deepEqual(await profileSet.run(alice.context, input), expected);
  assert.deepEqual(await profileSet.run(alice.context, input), expected);
  const [event, ...more] = queuedCards(alice, "bob");
  assert.deepEqual(more, [], "the same card is queued once");
  assert.deepEqual([event.kind, event.type, event.to], [1100, "agent_card", bob.identity.did]);
  const { card } = await alice.context.home.readIdentity();
  assert.equal(event.body.card.signature, card["signature"]);
  assert.deepEqual([queuedCards(alice, "carol"), queuedCards(alice, "dave")], [[], []]);
  await alice.context.home.updateTrust("test", (store) => removeAgent(store, "bob"));
  const { queued_for } = await profileSet.run(alice.context, { field: "motto", value: "x" });
  assert.equal(queued_for, undefined);
});

Deno.test("P1: killed at home.card_changed or outbox.enqueue, the same again brings the card to the peer", async () => {
  for (const point of ["home.card_changed", "outbox.enqueue"]) {
    for (const moment of ["before", "after"] as const) {
      const { alice } = await new MailWorld().paired();
      const files = new FaultFiles(alice.disk).crashAt({ point }, moment);
      const input = { field: "motto", value: "ship it" };
      await assert.rejects(profileSet.run(restarted(alice, files), input), Crash);
      const home = restarted(alice);
      assert.ok(await home.home.readIdentity());
      await profileSet.run(home, input);
      const { card } = await home.home.readIdentity();
      const sent = queuedCards(alice, "bob").map((event) => event.body.card.signature);
      assert.deepEqual(sent, [card["signature"]], `${point} ${moment}`);
    }
  }
});
