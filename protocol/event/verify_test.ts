import assert from "node:assert/strict";
import { casesOf, objectOf, readVectors, textOf } from "../../tests/read_vectors.ts";
import { WireError } from "../errors.ts";
import { makeDid } from "../identity/did.ts";
import { keyPairFromSeed, toBase64 } from "../identity/keys.ts";
import { printJson } from "../json/print.ts";
import { type Json, type JsonObject, member, withMembers } from "../json/value.ts";
import { emptyTrust, parseTrust, type TrustStore } from "../trust/trust.ts";
import { eventFromJson, parseEvent, signEvent, type WireEvent } from "./event.ts";
import { classify, type RejectionTag, verifyEvent } from "./verify.ts";

const vectors = await readVectors("events.json");
const trust = parseTrust(printJson(objectOf(vectors, "trust")));
const keys = keyPairFromSeed(new Uint8Array(32).fill(1));
const did = makeDid("alice", keys.publicKey);

/** The vectors' names of failures, in ours. */
const CODE: Record<string, RejectionTag> = {
  EventIdMismatch: "id_mismatch",
  MissingField: "missing_field",
  SignatureRejected: "bad_signature",
  BadSignature: "bad_encoding",
  UnknownKey: "unknown_key",
  UnknownAgent: "unknown_signer",
  DeactivatedKey: "inactive_key",
};

/** Events that the reference accepts although `from` is not the identity that was pinned. */
const STRICTER: ReadonlySet<string> = new Set([
  "did suffix does not belong to the key",
  "upper-case hex did suffix",
]);

Deno.test("every signed vector verifies", () => {
  for (const vector of casesOf(vectors, "valid")) {
    const event = eventFromJson(objectOf(vector, "signed"));
    const verdict = verifyEvent(event, trust);
    assert.deepEqual(
      verdict,
      { ok: true, handle: textOf(vector, "signer") },
      textOf(vector, "name"),
    );
  }
});

Deno.test("every tampered vector has the reference's verdict and text, or a stricter one", () => {
  for (const vector of casesOf(vectors, "tampered")) {
    const name = textOf(vector, "name");
    const expected = objectOf(vector, "verdict");
    const event = eventFromJson(objectOf(vector, "event"));
    const verdict = verifyEvent(event, trustOf(vector));
    if (STRICTER.has(name)) {
      assert.equal(verdict.ok ? "accepted" : verdict.reason, "wrong_from", name);
      continue;
    }
    assert.equal(verdict.ok, member(expected, "ok"), name);
    if (verdict.ok) continue;
    assert.equal(verdict.text, textOf(expected, "message"), name);
    assert.equal(verdict.reason, CODE[textOf(expected, "code")], name);
    const isTransient = verdict.reason === "unknown_signer" || verdict.reason === "unknown_key";
    assert.equal(verdict.transient, isTransient, name);
  }
});

/** P7: a trust file that is no object is never read as an empty one; the verdict then needs one. */
function trustOf(vector: JsonObject): TrustStore {
  const override = member(vector, "trust_override");
  if (override === undefined) return trust;
  if (override !== null) return parseTrust(printJson(override));
  assert.throws(
    () => parseTrust("null"),
    (error) => error instanceof WireError && error.code === "unreadable",
  );
  return emptyTrust();
}

const pinned = (value: Json): TrustStore =>
  parseTrust(printJson({ version: 1, agents: { alice: value } }));

const alice = pinned({
  did,
  tier: "VERIFIED",
  public_keys: [{ key_id: "alice:34750f98", key: toBase64(keys.publicKey) }],
});

const sign = (members: JsonObject): WireEvent =>
  signEvent(withMembers({ from: did, kind: 1, type: "note", body: 1 }, members), { did, keys });

Deno.test("P6: from must be the pinned identity, or its handle without suffix", () => {
  for (const from of [did, "alice", "did:wire:alice"]) {
    assert.ok(verifyEvent(sign({ from }), alice).ok, from);
  }
  for (const from of ["did:wire:alice-00000000", "alice-34750f98", "did:wire:alice-34750F98"]) {
    const verdict = verifyEvent(sign({ from }), alice);
    assert.equal(verdict.ok ? "accepted" : verdict.reason, "wrong_from", from);
    assert.ok(!verdict.ok && !verdict.transient);
  }
  const withoutDid = pinned(
    withMembers(alice.agents.get("alice")?.value ?? {}, { did: undefined }),
  );
  assert.ok(verifyEvent(sign({}), withoutDid).ok, "an entry without DID: the one of its key");
});

Deno.test("an event to somebody else is refused, when it is known who we are", () => {
  const us = { did: "did:wire:bob-6a3803d5", handle: "bob" };
  for (const to of [us.did, "did:wire:bob", "bob", undefined]) {
    assert.ok(verifyEvent(sign({ to }), alice, us).ok, String(to));
  }
  for (const to of ["did:wire:carol", "did:wire:bob-00000000", "", "BOB", 7, null, [us.did]]) {
    const event = sign({ to });
    const verdict = verifyEvent(event, alice, us);
    assert.equal(verdict.ok ? "accepted" : verdict.reason, "wrong_recipient", String(to));
    assert.ok(verifyEvent(event, alice).ok, "nobody asked for whom it is");
  }
});

Deno.test("a pinned name that is no handle verifies nothing, since it would become a file name", () => {
  const odd = signEvent({ from: "../../x", kind: 1 }, { did: "did:wire:../../x-34750f98", keys });
  const store = parseTrust(printJson({
    agents: {
      "../../x": {
        did: "../../x",
        public_keys: [{ key_id: "../../x:34750f98", key: toBase64(keys.publicKey) }],
      },
    },
  }));
  const verdict = verifyEvent(odd, store);
  assert.equal(verdict.ok ? "accepted" : verdict.text, 'signer "../../x" not in trust');
});

Deno.test("signers named as parts of Object are unknown signers", () => {
  for (const from of ["__proto__", "constructor", "toString"]) {
    const verdict = verifyEvent(sign({ from }), alice);
    assert.equal(verdict.ok ? "accepted" : verdict.reason, "unknown_signer");
  }
});

Deno.test("a pinned key that is no point is a decoding failure", () => {
  const store = pinned({
    did,
    public_keys: [{ key_id: "alice:34750f98", key: toBase64(new Uint8Array(32).fill(2)) }],
  });
  const verdict = verifyEvent(sign({}), store);
  assert.equal(verdict.ok ? "accepted" : verdict.text, "signature decode failed");
});

Deno.test("an id over the numbers as sent and one over them reprinted are both accepted", () => {
  const odd = '{"body":[1.0,1e16,123456789.123456789],"from":"alice","kind":1}';
  const asSent = signEvent(parseEvent(odd).value, { did, keys });
  assert.ok(verifyEvent(asSent, alice).ok);
  const reprinted = signEvent(
    parseEvent('{"body":[1.0,1e+16],"from":"alice","kind":1}').value,
    { did, keys },
  );
  const sentOddly = parseEvent(reprinted.text.replace("1e+16", "1e16"));
  assert.ok(verifyEvent(sentOddly, alice).ok);
});

Deno.test("classify: another major version and unknown kinds, with the reference's texts", () => {
  const classified = (members: JsonObject) => {
    const result = classify(sign(members));
    return result.ok ? [result.kind] : [result.reason, result.text, result.transient];
  };
  assert.deepEqual(classified({ schema_version: "v3.9" }), [1]);
  assert.deepEqual(classified({ schema_version: 4 }), [1]);
  assert.deepEqual(classified({}), [1]);
  assert.deepEqual(classified({ schema_version: "3.1" }), [
    "schema_mismatch",
    "schema_mismatch=3.1 binary_supports=v3.1",
    true,
  ]);
  assert.equal(classified({ schema_version: "v4" })[0], "schema_mismatch");
  assert.deepEqual(classified({ kind: 10500 }), [
    "unknown_kind",
    "unknown_kind=10500 binary_version=0.1.0",
    true,
  ]);
  assert.deepEqual(classified({ kind: "1" }), [
    "unknown_kind",
    "unknown_kind=0 binary_version=0.1.0",
    true,
  ]);
});
