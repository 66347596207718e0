import assert from "node:assert/strict";
import fc from "fast-check";
import { casesOf, readVectors, textOf } from "../../tests/read_vectors.ts";
import { testRuns } from "../../tests/runs.ts";
import { isJsonArray, member } from "../json/value.ts";
import {
  bareHandle,
  didCommitsTo,
  displayHandle,
  isClaimableNick,
  legacyDid,
  makeDid,
  parseNickAtDomain,
  RESERVED_NICKS,
} from "./did.ts";
import { fingerprint, keyPairFromSeed } from "./keys.ts";

const vectors = await readVectors("cards.json");
const { publicKey } = keyPairFromSeed(new Uint8Array(32).fill(1));
const other = keyPairFromSeed(new Uint8Array(32).fill(2)).publicKey;

Deno.test("the display handle of every DID vector, and the bare handle of every address", () => {
  for (const vector of casesOf(vectors, "did_to_handle")) {
    assert.equal(displayHandle(textOf(vector, "did")), textOf(vector, "handle"));
  }
  for (const vector of casesOf(vectors, "bare_handle")) {
    assert.equal(bareHandle(textOf(vector, "input")), textOf(vector, "bare"));
  }
});

Deno.test("nick@domain: every vector, with the reference's texts", () => {
  for (const vector of casesOf(vectors, "parse_handle")) {
    const parsed = parseNickAtDomain(textOf(vector, "input"));
    if (!parsed.ok) assert.equal(parsed.message, textOf(vector, "error"));
    else {
      assert.equal(parsed.nick, textOf(vector, "nick"));
      assert.equal(parsed.domain, textOf(vector, "domain"));
    }
    assert.equal(parsed.ok, member(vector, "ok"));
  }
});

Deno.test("reserved nicks are those of the reference, and are not claimable", () => {
  const listed = member(vectors, "reserved_nicks");
  assert.ok(isJsonArray(listed));
  assert.deepEqual([...RESERVED_NICKS].sort(), [...listed].sort());
  for (const nick of RESERVED_NICKS) assert.ok(!isClaimableNick(nick));
  for (const nick of ["paul", "a-b", "2nd", "x".repeat(32)]) assert.ok(isClaimableNick(nick), nick);
  for (const nick of ["", "a", "Paul", "x".repeat(33), "a.b", "a@b", "paul\n"]) {
    assert.ok(!isClaimableNick(nick), nick);
  }
});

Deno.test("lesson 27: a DID comes from the key, so two operators with one handle differ", () => {
  assert.equal(makeDid("alice", publicKey), "did:wire:alice-34750f98");
  assert.notEqual(makeDid("alice", publicKey), makeDid("alice", other));
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/), (handle) => {
      const did = makeDid(handle, publicKey);
      assert.equal(displayHandle(did), handle);
      assert.ok(didCommitsTo(did, publicKey));
      assert.ok(!didCommitsTo(did, other));
    }),
    { numRuns: testRuns(100) },
  );
});

Deno.test("P6: only a suffix that is this key's fingerprint commits to it", () => {
  const print = fingerprint(publicKey);
  for (
    const did of [
      legacyDid("alice"),
      "alice",
      `alice-${print}`,
      `did:wire:${print}`,
      `did:wire:-${print}`,
      `did:wire:alice-${print.toUpperCase()}`,
      `did:wire:alice${print}`,
      `did:wire:alice-00000000`,
      `did:wire:alice-${print} `,
      `did:key:alice-${print}`,
    ]
  ) {
    assert.ok(!didCommitsTo(did, publicKey), did);
  }
});
