import assert from "node:assert/strict";
import { admitCard, makeCard } from "../../protocol/identity/card.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { identityCheck } from "../../protocol/identity/identity_check.ts";
import { fingerprint } from "../../protocol/identity/keys.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { fakeWorld, json, livingWorld, RELAY, run, serveRelay } from "../fake/world.ts";
import { BOB, keysOf, recordOfBob } from "../fake/directory.ts";
import { whois } from "./whois.ts";

async function world(answer: unknown) {
  const living = await livingWorld("alice");
  serveRelay(living, { "GET /.well-known/wire/agent": json(answer) });
  return living;
}

const askForBob = { handle: "bob@r.example", relay: RELAY };

Deno.test("whois without a name is our own card; without an identity it says so", async () => {
  const living = await livingWorld("alice");
  const output = await run(whois, living, {});
  assert.equal(output.did, living.self.did);
  assert.equal(output.profile, null);
  assert.deepEqual(await run(whois, living, { handle: "alice" }), output);
  await assert.rejects(run(whois, fakeWorld("nobody"), {}), { code: "not_initialized" });
});

Deno.test("whois of an address shows what the card proves, and pins nobody", async () => {
  const living = await world(recordOfBob());
  const before = living.platform.files.texts();
  const output = await run(whois, living, askForBob);
  assert.ok("nick" in output);
  const { card: _, ...rest } = output;
  assert.deepEqual(rest, {
    did: BOB,
    profile: null,
    fingerprint: fingerprint(keysOf(9).publicKey),
    identity_check: identityCheck(living.self.keys.publicKey, keysOf(9).publicKey),
    claimed_at: "2026-01-01T00:00:00Z",
    nick: "bob",
    relay_url: RELAY,
    slot_id: "2".repeat(32),
  });
  assert.deepEqual(living.platform.files.texts(), before);
});

Deno.test("lesson 24: whois shows no card that proves another key, DID or nick than asked for", async () => {
  const records = [
    recordOfBob({ did: makeDid("bob", keysOf(10).publicKey) }),
    recordOfBob({ card: null }),
    recordOfBob({ card: { ...makeCard({ handle: "bob", keys: keysOf(9) }), name: "changed" } }),
    recordOfBob({ nick: "carol" }),
  ];
  for (const answer of records) {
    await assert.rejects(run(whois, await world(answer), askForBob), { code: "relay_garbage" });
  }
});

Deno.test("an unknown nick is told in the words of the second request, as 0.5.19 does", async () => {
  const living = await livingWorld("alice");
  serveRelay(living, {});
  await assert.rejects(run(whois, living, askForBob), {
    code: "relay_status",
    message: /^well_known_agent_card_a2a failed: 404 /,
  });
});

Deno.test("whois of a pinned peer needs no relay; a name that nobody has is not found", async () => {
  const living = await livingWorld("alice");
  const card = admitCard(makeCard({ handle: "bob", keys: keysOf(9) }));
  assert.ok(card.ok);
  await living.home.updateTrust("test", (store) => {
    const pinned = pinCard(store, card, { tier: "VERIFIED", at: "" });
    assert.ok(pinned.ok);
    return pinned.store;
  });
  const output = await run(whois, living, { handle: "bob" });
  assert.ok("tier" in output);
  assert.deepEqual([output.did, output.tier], [BOB, "PENDING_ACK"]);
  await assert.rejects(run(whois, living, { handle: "carol" }), { code: "not_found" });
  await assert.rejects(run(whois, living, { handle: "../x" }), { code: "usage" });
});
