import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import { sha256 } from "../identity/encoding.ts";
import { concat, inOrder } from "./bytes.ts";
import { checkTypedDigits, displaySas, isSasDigits, sasDigits, sasOver } from "./sas.ts";

interface Vectors {
  pairing: { name: string; spake_key_hex: string; sas: string; display: string }[];
  general: { spake_key_hex: string; a_hex: string; b_hex: string; sas: string }[];
  card_only: { public_key_a_hex: string; public_key_b_hex: string; sas: string }[];
  typed: {
    cached_sas: string;
    inputs: { typed: string; ok: boolean; aborted?: string }[];
  };
}
const vectors: Vectors = JSON.parse(
  Deno.readTextFileSync(new URL("../../tests/vectors/sas.json", import.meta.url)),
);

Deno.test("the digits of every key of the vectors", () => {
  for (const { spake_key_hex, sas, display } of vectors.pairing) {
    assert.equal(sasDigits(Uint8Array.fromHex(spake_key_hex)), sas);
    assert.equal(displaySas(sas), display);
  }
  for (const { spake_key_hex, a_hex, b_hex, sas } of vectors.general) {
    const [key, a, b] = [spake_key_hex, a_hex, b_hex].map((it) => Uint8Array.fromHex(it));
    assert.ok(key && a && b);
    assert.equal(sasOver(key, a, b), sas);
    assert.equal(sasOver(key, b, a), sas, "the order of the two does not matter");
  }
});

Deno.test("the digits over two identity keys, which no pairing uses, are another function", () => {
  for (const { public_key_a_hex, public_key_b_hex, sas } of vectors.card_only) {
    const [a, b] = [public_key_a_hex, public_key_b_hex].map((it) => Uint8Array.fromHex(it));
    assert.ok(a && b);
    const hash = sha256(concat(...inOrder(a, b)));
    const number = new DataView(hash.buffer, hash.byteOffset + 28, 4).getUint32(0) % 1_000_000;
    assert.equal(String(number).padStart(6, "0"), sas);
    assert.notEqual(sasOver(new Uint8Array(32), a, b), sas);
  }
});

Deno.test("typed digits are judged as the vectors say", () => {
  const { cached_sas, inputs } = vectors.typed;
  assert.ok(inputs.length >= 14);
  for (const { typed, ok, aborted } of inputs) {
    const judged = checkTypedDigits(typed, cached_sas);
    assert.equal(judged.tag === "equal", ok, typed);
    if (judged.tag === "wrong_count") {
      assert.equal(aborted, `user typed ${judged.count} digits, expected 6`);
    } else if (!ok) assert.match(aborted ?? "", /mismatch/);
  }
});

Deno.test("a key of another length has no digits", () => {
  assert.throws(() => sasDigits(new Uint8Array(31)), RangeError);
});

Deno.test("any key gives six digits, which equal only themselves", () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(key, fc.string(), (bytes, typed) => {
      const digits = sasDigits(bytes);
      assert.ok(isSasDigits(digits));
      assert.equal(checkTypedDigits(displaySas(digits), digits).tag, "equal");
      const { tag } = checkTypedDigits(typed, digits);
      assert.equal(tag === "equal", typed.replace(/[^0-9]/g, "") === digits);
    }),
    { numRuns: testRuns(300) },
  );
});

Deno.test("byte strings are ordered bytewise, the shorter first", () => {
  const at = (...bytes: number[]) => Uint8Array.from(bytes);
  assert.deepEqual(inOrder(at(1, 2), at(1)), [at(1), at(1, 2)]);
  assert.deepEqual(inOrder(at(1), at(1, 2)), [at(1), at(1, 2)]);
  assert.deepEqual(inOrder(at(0x80), at(0x7f, 0xff)), [at(0x7f, 0xff), at(0x80)]);
});
