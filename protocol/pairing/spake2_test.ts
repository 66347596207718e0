import assert from "node:assert/strict";
import fc from "fast-check";
import { ed25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { testRuns } from "../../tests/runs.ts";
import { passwordScalar, scalarFromSeed, startSymmetric } from "./spake2.ts";

interface Side {
  seed_hex: string;
  scalar_le_hex: string;
  message_hex: string;
  message_b64: string;
}
interface Case {
  name: string;
  password_hex: string;
  identity_hex: string;
  password_scalar_le_hex: string;
  side_a: Side;
  side_b: Side;
  key_hex: string;
}
interface Mismatch {
  name: string;
  password_a: string;
  password_b: string;
  identity_a_hex: string;
  identity_b_hex: string;
  seed_a_hex: string;
  seed_b_hex: string;
  message_a_hex: string;
  message_b_hex: string;
  key_a_hex: string;
  key_b_hex: string;
}
interface Finish {
  seed_hex: string;
  password_hex: string;
  identity_hex: string;
  inputs: {
    name: string;
    inbound_hex: string;
    recommended: "accept" | "reject";
    reference: { ok: boolean; key_hex?: string; error?: string };
  }[];
}
const vectors: { cases: Case[]; mismatch: Mismatch[]; finish: Finish } = JSON.parse(
  Deno.readTextFileSync(new URL("../../tests/vectors/spake2.json", import.meta.url)),
);

const bytes = (hex: string): Uint8Array => Uint8Array.fromHex(hex);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const littleEndian = (value: bigint): string =>
  bytes(value.toString(16).padStart(64, "0")).toReversed().toHex();

Deno.test("every case of the vectors, in both directions", () => {
  assert.ok(vectors.cases.length >= 8);
  for (
    const { name, password_hex, identity_hex, side_a, side_b, key_hex, ...rest } of vectors.cases
  ) {
    assert.equal(
      littleEndian(passwordScalar(bytes(password_hex))),
      rest.password_scalar_le_hex,
      name,
    );
    const [a, b] = [side_a, side_b].map((side) => {
      assert.equal(littleEndian(scalarFromSeed(bytes(side.seed_hex))), side.scalar_le_hex, name);
      const state = startSymmetric(bytes(password_hex), bytes(identity_hex), bytes(side.seed_hex));
      assert.equal(state.message.toHex(), side.message_hex, name);
      assert.equal(state.message.toBase64(), side.message_b64, name);
      return state;
    });
    assert.ok(a && b);
    for (const finish of [a.finish(b.message), b.finish(a.message)]) {
      assert.ok(finish.ok, name);
      assert.equal(finish.key.toHex(), key_hex, name);
    }
  }
});

Deno.test("two codes, or two identities: both finish, with the different keys of the vectors", () => {
  assert.ok(vectors.mismatch.length >= 2);
  for (const it of vectors.mismatch) {
    const a = startSymmetric(text(it.password_a), bytes(it.identity_a_hex), bytes(it.seed_a_hex));
    const b = startSymmetric(text(it.password_b), bytes(it.identity_b_hex), bytes(it.seed_b_hex));
    assert.equal(a.message.toHex(), it.message_a_hex, it.name);
    assert.equal(b.message.toHex(), it.message_b_hex, it.name);
    assert.deepEqual(a.finish(b.message), { ok: true, key: bytes(it.key_a_hex) }, it.name);
    assert.deepEqual(b.finish(a.message), { ok: true, key: bytes(it.key_b_hex) }, it.name);
    assert.notEqual(it.key_a_hex, it.key_b_hex);
  }
});

Deno.test("inbound messages are accepted and refused as recommended, stricter than the reference", () => {
  const { finish } = vectors;
  const state = startSymmetric(
    bytes(finish.password_hex),
    bytes(finish.identity_hex),
    bytes(finish.seed_hex),
  );
  assert.ok(finish.inputs.length >= 16);
  for (const { name, inbound_hex, recommended, reference } of finish.inputs) {
    const result = state.finish(bytes(inbound_hex));
    assert.equal(result.ok, recommended === "accept", name);
    if (result.ok) assert.equal(result.key.toHex(), reference.key_hex, name);
    else if (!reference.ok) assert.equal(result.reason, reference.error, name);
  }
});

Deno.test("a peer whose message is nothing but the password's share is refused, not a crash", () => {
  const password = text("12-ABCDEF");
  const share = ed25519.Point.fromHex(
    "6f00dae87c1be1a73b5922ef431cd8f57879569c222d22b1cd71e8546ab8e6f1",
  ).multiply(passwordScalar(password));
  const state = startSymmetric(password, text("id"), new Uint8Array(32).fill(7));
  const message = Uint8Array.of(0x53, ...share.toBytes());
  assert.deepEqual(state.finish(message), { ok: false, reason: "SmallOrder" });
});

Deno.test("the password's scalar agrees with a second HKDF", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (password) => {
      const okm = hkdf(sha256, password, undefined, text("SPAKE2 pw"), 48);
      const expected = BigInt(`0x${okm.toHex()}`) % ed25519.Point.CURVE().n;
      assert.equal(passwordScalar(password), expected);
    }),
    { numRuns: testRuns(100) },
  );
});

Deno.test("two sides with one password meet in one key, and a second implementation gets it too", () => {
  const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(seed, seed, fc.uint8Array({ maxLength: 12 }), (seedA, seedB, password) => {
      fc.pre(seedA.some((byte, i) => byte !== seedB[i]));
      const id = text("identity");
      const a = startSymmetric(password, id, seedA);
      const b = startSymmetric(password, id, seedB);
      const [keyA, keyB] = [a.finish(b.message), b.finish(a.message)];
      assert.ok(keyA.ok && keyB.ok);
      assert.deepEqual(keyA.key, keyB.key);
      const T = ed25519.Point.BASE.multiply(scalarFromSeed(seedA)).add(
        ed25519.Point.fromHex("6f00dae87c1be1a73b5922ef431cd8f57879569c222d22b1cd71e8546ab8e6f1")
          .multiply(passwordScalar(password)),
      );
      assert.deepEqual(a.message, Uint8Array.of(0x53, ...T.toBytes()));
    }),
    { numRuns: Math.min(testRuns(8), 2_000) }, // ten curve multiplications each,
  );
});

Deno.test("finish never throws, whatever arrives", () => {
  const state = startSymmetric(text("12-ABCDEF"), text("id"), new Uint8Array(32).fill(9));
  const point = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((it) =>
    Uint8Array.of(0x53, ...it)
  );
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 70 }), point), (message) => {
      const result = state.finish(message);
      if (result.ok) assert.equal(result.key.length, 32);
    }),
    { numRuns: testRuns(60) },
  );
});

Deno.test("a seed of another length is refused before anything is sent", () => {
  assert.throws(() => startSymmetric(text("x"), text("id"), new Uint8Array(31)), RangeError);
});
