import assert from "node:assert/strict";
import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { bytesOf, casesOf, readVectors, textOf } from "../../tests/read_vectors.ts";
import { testRuns } from "../../tests/runs.ts";
import { WireError } from "../errors.ts";
import { stringMember } from "../json/value.ts";
import { displayHandle, makeDid } from "./did.ts";
import {
  fingerprint,
  fromBase64Strict,
  hex,
  isCurvePoint,
  isSmallOrder,
  keyId,
  keyPairFromSeed,
  sameKey,
  sha256Hex,
  toBase64,
  verifySignature,
} from "./keys.ts";

interface WycheproofTest {
  readonly tcId: number;
  readonly comment: string;
  readonly msg: string;
  readonly sig: string;
  readonly result: "valid" | "invalid";
}

interface WycheproofGroup {
  readonly publicKey: { readonly pk: string };
  readonly tests: readonly WycheproofTest[];
}

const wycheproof: { readonly testGroups: readonly WycheproofGroup[] } = JSON.parse(
  await Deno.readTextFile(
    new URL("../../tests/vectors/wycheproof/ed25519_test.json", import.meta.url),
  ),
);

/** The strict second opinion (RFC 8032, no ZIP 215); its exceptions mean no. */
function nobleVerifies(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    // noble throws for wrong lengths and for keys that are no point: both are a refusal.
    return false;
  }
}

Deno.test("every Wycheproof verdict on Ed25519 is ours, and noble's", () => {
  let count = 0;
  for (const group of wycheproof.testGroups) {
    const publicKey = Uint8Array.fromHex(group.publicKey.pk);
    assert.ok(isCurvePoint(publicKey));
    for (const test of group.tests) {
      const message = Uint8Array.fromHex(test.msg);
      const signature = Uint8Array.fromHex(test.sig);
      const expected = test.result === "valid";
      const name = `#${test.tcId} ${test.comment}`;
      assert.equal(verifySignature(publicKey, message, signature), expected, name);
      assert.equal(nobleVerifies(publicKey, message, signature), expected, `noble ${name}`);
      count++;
    }
  }
  assert.ok(count >= 150);
});

Deno.test("native and noble agree on random keys, messages and damaged signatures", () => {
  const damage = fc.record({ at: fc.nat(63), bit: fc.nat(7), isDamaged: fc.boolean() });
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ maxLength: 64 }),
      damage,
      (seed, message, { at, bit, isDamaged }) => {
        const keys = keyPairFromSeed(seed);
        assert.deepEqual(keys.publicKey, ed25519.getPublicKey(seed));
        const signature = keys.sign(message);
        assert.deepEqual(signature, ed25519.sign(message, seed));
        if (isDamaged) signature[at] = (signature[at] ?? 0) ^ (1 << bit);
        assert.equal(verifySignature(keys.publicKey, message, signature), !isDamaged);
        assert.equal(nobleVerifies(keys.publicKey, message, signature), !isDamaged);
      },
    ),
    { numRuns: testRuns(25) },
  );
});

/** Order 8; with it, S = 0 and R of small order a cofactored verifier accepts every message. */
const ORDER_8 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";

Deno.test("the acceptance rule is cofactorless, byte-wise on R, and lets small-order keys pass", () => {
  const key = Uint8Array.fromHex(ORDER_8);
  const signature = new Uint8Array(64);
  signature.set(key); // R = the point itself, S = 0
  let accepted = 0;
  for (let i = 0; i < 32; i++) {
    const message = Uint8Array.of(i);
    assert.ok(ed25519.verify(signature, message, key), "noble's ZIP 215 rule is cofactored");
    if (verifySignature(key, message, signature)) accepted++;
  }
  assert.ok(accepted > 0 && accepted < 32, `${accepted} of 32: only where R = -h·A exactly`);
});

Deno.test("S must be below the group's order", () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const keys = keyPairFromSeed(new Uint8Array(32).fill(1));
  const message = new Uint8Array(32);
  const signature = keys.sign(message);
  const s = BigInt(`0x${signature.slice(32).toReversed().toHex()}`) + order;
  signature.set(Uint8Array.fromHex(s.toString(16).padStart(64, "0")).toReversed(), 32);
  assert.ok(!verifySignature(keys.publicKey, message, signature));
});

Deno.test("verifySignature never throws, whatever the bytes", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 70 }),
      (key, message, signature) => assert.ok(!verifySignature(key, message, signature)),
    ),
    { numRuns: testRuns(200) },
  );
  for (let y = 0; y < 64; y++) {
    const key = new Uint8Array(32);
    key[0] = y;
    verifySignature(key, new Uint8Array(32), new Uint8Array(64));
    const decodes = ed25519DecodesLoosely(key);
    assert.equal(isCurvePoint(key), decodes, `y = ${y}`);
  }
});

const ZIP_215 = true;

function ed25519DecodesLoosely(key: Uint8Array): boolean {
  try {
    ed25519.Point.fromBytes(key, ZIP_215);
    return true;
  } catch {
    // The decoder's way of saying that there is no such point.
    return false;
  }
}

Deno.test("all fourteen encodings of the eight small-order points are recognised", () => {
  const p = 2n ** 255n - 19n;
  const order8 = BigInt(`0x${Uint8Array.fromHex(ORDER_8).toReversed().toHex()}`);
  const ys = [0n, 1n, p - 1n, p, p + 1n, order8, p - order8];
  for (const y of ys) {
    for (const sign of [0n, 2n ** 255n]) {
      const big = (y + sign).toString(16).padStart(64, "0");
      assert.ok(isSmallOrder(Uint8Array.fromHex(big).toReversed()), big);
    }
  }
  for (const vector of casesOf(events, "identities")) {
    assert.ok(!isSmallOrder(bytesOf(vector, "public_key_hex")));
  }
  assert.ok(!isSmallOrder(new Uint8Array(31)));
  assert.ok(!isCurvePoint(new Uint8Array(31)));
});

const events = await readVectors("events.json");

Deno.test("key, fingerprint, key id and DID of every identity vector", () => {
  let named = 0;
  for (const vector of casesOf(events, "identities")) {
    const keys = keyPairFromSeed(bytesOf(vector, "seed_hex"));
    assert.equal(hex(keys.publicKey), textOf(vector, "public_key_hex"));
    assert.equal(toBase64(keys.publicKey), textOf(vector, "public_key_b64"));
    assert.deepEqual(fromBase64Strict(textOf(vector, "public_key_b64")), keys.publicKey);
    assert.equal(fingerprint(keys.publicKey), textOf(vector, "fingerprint"));
    const handle = stringMember(vector, "handle");
    if (handle === undefined || stringMember(vector, "key_id") === undefined) continue;
    named++;
    assert.equal(keyId(handle, keys.publicKey), textOf(vector, "key_id"));
    assert.equal(makeDid(handle, keys.publicKey), textOf(vector, "did"));
    assert.equal(displayHandle(textOf(vector, "did")), textOf(vector, "display_handle_of_did"));
  }
  assert.ok(named >= 4);
});

Deno.test("a seed of another length is refused with the reference's text", () => {
  assert.throws(
    () => keyPairFromSeed(new Uint8Array(31)),
    (error) =>
      error instanceof WireError && error.code === "unreadable" &&
      error.message === "private key file has wrong length (31 != 32)",
  );
});

Deno.test("base64 is strict: alphabet, padding, whitespace, trailing bits", () => {
  assert.deepEqual(fromBase64Strict("AQI="), Uint8Array.of(1, 2));
  assert.deepEqual(fromBase64Strict(""), new Uint8Array());
  for (
    const text of ["AQI", "AQI=\n", " AQI=", "AQ I=", "AQJ=", "_-8=", "AQI==", "=", "A", "AQI=AQI="]
  ) {
    assert.equal(fromBase64Strict(text), undefined, text);
  }
});

Deno.test("hashes and key comparison are over whole values", () => {
  assert.equal(sha256Hex("é"), sha256Hex(new TextEncoder().encode("é")));
  assert.ok(sameKey(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  assert.ok(!sameKey(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
  assert.ok(!sameKey(Uint8Array.of(1, 2), Uint8Array.of(1)));
});
