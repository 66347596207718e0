import assert from "node:assert/strict";
import { isClaimProof, proveClaim } from "./claim_proof.ts";
import { keyPairFromSeed } from "./identity/keys.ts";

const KEYS = keyPairFromSeed(new Uint8Array(32).fill(7));
const PLACE = { nick: "alice", slotId: "0".repeat(32), relayUrl: "https://relay.example" };
const AT = "2026-11-21T12:00:00Z";

Deno.test("a proof fits the claim that it was made for, and its key", () => {
  assert.ok(isClaimProof(PLACE, proveClaim(PLACE, AT, KEYS), KEYS.publicKey));
  const nowhere = { ...PLACE, relayUrl: null };
  assert.ok(isClaimProof(nowhere, proveClaim(nowhere, AT, KEYS), KEYS.publicKey));
});

Deno.test("P6: a proof fits no other nick, mailbox, relay, time or key", () => {
  const proof = proveClaim(PLACE, AT, KEYS);
  const others = [
    { ...PLACE, nick: "alicf" },
    { ...PLACE, slotId: "1".repeat(32) },
    { ...PLACE, relayUrl: "https://relay.examplf" },
    { ...PLACE, relayUrl: null },
    // The same bytes with another border between them.
    { ...PLACE, nick: "alice0", slotId: "0".repeat(31) },
  ];
  for (const other of others) assert.ok(!isClaimProof(other, proof, KEYS.publicKey));
  const later = { ...proof, at: "2026-11-21T12:00:01Z" };
  assert.ok(!isClaimProof(PLACE, later, KEYS.publicKey));
  const eve = keyPairFromSeed(new Uint8Array(32).fill(8));
  assert.ok(!isClaimProof(PLACE, proof, eve.publicKey));
});

Deno.test("what is no signature is no proof", () => {
  const proof = proveClaim(PLACE, AT, KEYS);
  for (const sig of ["", "AA==", proof.sig.slice(0, -1), `${proof.sig}AAAA`, "\u202e"]) {
    assert.ok(!isClaimProof(PLACE, { at: AT, sig }, KEYS.publicKey), sig);
  }
});
