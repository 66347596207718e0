import assert from "node:assert/strict";
import { bytesOf, casesOf, objectOf, readVectors, textOf } from "../../tests/read_vectors.ts";
import { canonical } from "../json/canonical.ts";
import { parseJson } from "../json/parse.ts";
import { printJson } from "../json/print.ts";
import { isJsonArray, type Json, JsonNumber, member, withMembers } from "../json/value.ts";
import { capabilitiesOfCard, hasCapability } from "./capabilities.ts";
import {
  type AdmissionFailure,
  admitCard,
  type CardFailure,
  type CardInput,
  makeCard,
  signCard,
  verifyCardSignature,
} from "./card.ts";
import { makeDid } from "./did.ts";
import { identityCheck } from "./identity_check.ts";
import { keyId, keyPairFromSeed, toBase64 } from "./keys.ts";

const vectors = await readVectors("cards.json");
const invites = await readVectors("invites.json");
const keys = keyPairFromSeed(new Uint8Array(32).fill(1));
const alice = makeCard({ handle: "alice", keys });

Deno.test("every valid card vector: made, signed and verified byte for byte", () => {
  for (const vector of casesOf(vectors, "valid")) {
    const name = textOf(vector, "name");
    const seed = keyPairFromSeed(bytesOf(vector, "seed_hex"));
    const signed = objectOf(vector, "signed");
    assert.equal(toBase64(seed.publicKey), textOf(vector, "public_key_b64"));
    assert.equal(canonical(signed, "card"), textOf(vector, "canonical"), name);
    assert.equal(
      printJson(signCard(withMembers(signed, { signature: "old" }), seed)),
      printJson(signed),
      name,
    );
    assert.ok(verifyCardSignature(signed).ok, name);
    const admitted = admitCard(signed);
    assert.ok(admitted.ok, name);
    assert.equal(admitted.did, textOf(vector, "did"));
    assert.equal(admitted.keyId, keyId(admitted.handle, seed.publicKey));
    assert.deepEqual(admitted.publicKey, seed.publicKey);
    const args = member(vector, "args");
    if (args !== undefined) {
      assert.equal(
        printJson(makeCard(inputOf(objectOf(vector, "args"), seed))),
        printJson(signed),
        name,
      );
    }
  }
});

function inputOf(args: ReturnType<typeof objectOf>, seed: CardInput["keys"]): CardInput {
  const name = member(args, "display_name");
  const capabilities = member(args, "capabilities");
  const kilobytes = member(args, "max_body_kb");
  return {
    handle: textOf(args, "handle"),
    keys: seed,
    ...(typeof name === "string" ? { name } : {}),
    ...(isJsonArray(capabilities) ? { capabilities: capabilities.map(String) } : {}),
    ...(kilobytes instanceof JsonNumber ? { maxMessageBodyKb: Number(kilobytes.text) } : {}),
  };
}

/** The vectors' names of failures, in ours. */
const CODE: Record<string, CardFailure> = {
  MissingField: "missing_field",
  NoVerifyKeys: "no_verify_keys",
  BadSignature: "bad_encoding",
  SignatureRejected: "bad_signature",
};

/** Cards that the reference accepts and that may name nobody here. */
const STRICTER: Record<string, AdmissionFailure | undefined> = {
  "active:false key still verifies": "inactive_key",
  "alg is not checked": "inactive_key",
  "two keys, the one that sorts first signed": "several_keys",
  "did and handle disagree": "handle_mismatch",
  "did suffix does not match the key": "did_mismatch",
  "legacy did without suffix": "did_mismatch",
  "path-like did": "bad_handle",
};

Deno.test("every tampered card vector: the reference's verdict, and admission at least as strict", () => {
  for (const vector of casesOf(vectors, "tampered")) {
    const name = textOf(vector, "name");
    const card: Json = member(vector, "card") ?? null;
    const expected = objectOf(vector, "verdict");
    const verdict = verifyCardSignature(card);
    const admission = admitCard(card);
    assert.equal(verdict.ok, member(expected, "ok"), name);
    if (verdict.ok) {
      assert.equal(admission.ok ? undefined : admission.reason, STRICTER[name], name);
    } else {
      assert.equal(verdict.text, textOf(expected, "message"), name);
      assert.equal(verdict.reason, CODE[textOf(expected, "code")], name);
      assert.equal(admission.ok ? "admitted" : admission.reason, verdict.reason, name);
    }
  }
});

Deno.test("the cards inside the invite vectors are admitted under their own DID", () => {
  for (const vector of casesOf(invites, "valid")) {
    const payload = member(vector, "payload");
    if (payload === undefined) continue;
    const admitted = admitCard(member(objectOf(vector, "payload"), "card") ?? null);
    assert.ok(admitted.ok, textOf(vector, "name"));
    assert.equal(admitted.did, textOf(objectOf(vector, "payload"), "did"));
  }
});

Deno.test("lesson 24: a card served under someone else's DID is refused", () => {
  const mallory = keyPairFromSeed(new Uint8Array(32).fill(3));
  for (
    const [changes, reason] of [
      [{ did: makeDid("alice", keys.publicKey) }, "did_mismatch"],
      [{ did: "did:wire:alice" }, "did_mismatch"],
      [{ did: "did:wire:alice-00000000" }, "did_mismatch"],
      [{ did: makeDid("bob", mallory.publicKey) }, "handle_mismatch"],
      [{ handle: "bob" }, "handle_mismatch"],
      [{ handle: "../../x" }, "bad_handle"],
      [{ handle: "con", did: makeDid("con", mallory.publicKey) }, "bad_handle"],
      [{ handle: undefined }, "bad_handle"],
      [{ did: makeDid("alice", mallory.publicKey).replace("wire", "key") }, "did_mismatch"],
    ] as const
  ) {
    const card = signCard(
      withMembers(makeCard({ handle: "alice", keys: mallory }), changes),
      mallory,
    );
    assert.ok(verifyCardSignature(card).ok);
    const admission = admitCard(card);
    assert.equal(admission.ok ? "admitted" : admission.reason, reason, JSON.stringify(changes));
  }
});

Deno.test("a key whose name does not commit to it is refused", () => {
  const verifyKeys = objectOf(alice, "verify_keys");
  const [entry] = Object.values(verifyKeys);
  const card = signCard(
    withMembers(alice, { verify_keys: { "ed25519:alice:00000000": entry } }),
    keys,
  );
  const admission = admitCard(card);
  assert.equal(admission.ok ? "admitted" : admission.reason, "key_name_mismatch");
});

Deno.test("a small-order key, with which anybody can sign, is never admitted", () => {
  const weak = new Uint8Array(32);
  weak[0] = 1; // the neutral element: R = S·B - h·A = R for every message with S = 0, R = neutral
  const signature = new Uint8Array(64);
  signature[0] = 1;
  const card = {
    did: makeDid("alice", weak),
    handle: "alice",
    verify_keys: { [`ed25519:${keyId("alice", weak)}`]: { key: toBase64(weak) } },
    signature: toBase64(signature),
  };
  assert.ok(verifyCardSignature(card).ok, "as the reference");
  const admission = admitCard(card);
  assert.equal(admission.ok ? "admitted" : admission.reason, "weak_key");
});

Deno.test("a key that is no point of the curve is a decoding failure", () => {
  const card = { verify_keys: { k: { key: toBase64(new Uint8Array(32).fill(2)) } } };
  const verdict = verifyCardSignature({ ...card, signature: toBase64(new Uint8Array(64)) });
  assert.equal(verdict.ok ? "ok" : verdict.text, "signature decode failed");
});

Deno.test("a card verifies over its numbers as sent and as a reference relay reprints them", () => {
  const odd = withMembers(alice, { score: new JsonNumber("0.10"), big: new JsonNumber("1e16") });
  const asSent = signCard(odd, keys);
  assert.ok(verifyCardSignature(asSent).ok);
  const signedReprinted = signCard(
    withMembers(odd, { score: new JsonNumber("0.1"), big: new JsonNumber("1e+16") }),
    keys,
  );
  const passedOn = withMembers(asSent, { signature: textOf(signedReprinted, "signature") });
  assert.ok(verifyCardSignature(passedOn).ok);
  assert.ok(!verifyCardSignature(withMembers(asSent, { score: new JsonNumber("0.2") })).ok);
});

Deno.test("unknown members are signed and kept", () => {
  const card = signCard(withMembers(alice, { later: { x: [1] } }), keys);
  const admitted = admitCard(parseJson(printJson(card)));
  assert.ok(admitted.ok);
  assert.equal(printJson(member(admitted.card, "later") ?? null), '{"x":[1]}');
});

Deno.test("capabilities are the card's strings, compared whole", () => {
  assert.deepEqual(capabilitiesOfCard(alice), ["wire/v3.1"]);
  assert.deepEqual(capabilitiesOfCard({ capabilities: ["a", 1, null, "b"] }), ["a", "b"]);
  for (const odd of [undefined, null, [], { capabilities: "a" }, {}]) {
    assert.deepEqual(capabilitiesOfCard(odd), []);
  }
  assert.ok(hasCapability(["wire/v3.1"], "wire/v3.1"));
  assert.ok(!hasCapability(["wire/v3.1"], "wire/v3"));
});

Deno.test("the identity check is the same on both sides and changes with either key", () => {
  const a = keys.publicKey;
  const b = keyPairFromSeed(new Uint8Array(32).fill(2)).publicKey;
  const c = keyPairFromSeed(new Uint8Array(32).fill(3)).publicKey;
  assert.equal(identityCheck(a, b), identityCheck(b, a));
  assert.match(identityCheck(a, b), /^[0-9a-f]{20} [0-9a-f]{20}$/);
  assert.notEqual(identityCheck(a, b), identityCheck(a, c));
});
