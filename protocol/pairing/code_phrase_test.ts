import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import { WireError } from "../errors.ts";
import { CODE_RANDOM_BYTES, codeHash, makeCodePhrase, parseCodePhrase } from "./code_phrase.ts";

interface Vectors {
  hashes: { code: string; code_hash: string }[];
  parse: { input: string; ok: boolean; code?: string; error?: string }[];
}
const vectors: Vectors = JSON.parse(
  Deno.readTextFileSync(new URL("../../tests/vectors/code_hash.json", import.meta.url)),
);

Deno.test("every code phrase of the vectors has its hash", () => {
  assert.ok(vectors.hashes.length >= 10);
  for (const { code, code_hash } of vectors.hashes) {
    assert.equal(codeHash(parseCodePhrase(code)), code_hash, code);
  }
});

Deno.test("the parser takes and refuses what the vectors say, in the same words", () => {
  assert.ok(vectors.parse.length >= 25);
  for (const { input, ok, code, error } of vectors.parse) {
    if (ok) assert.equal(parseCodePhrase(input), code);
    else assert.throws(() => parseCodePhrase(input), { code: "usage", message: error });
  }
});

Deno.test("outer white space is Unicode's, not JavaScript's", () => {
  assert.equal(parseCodePhrase("\u008512-ABCDEF\u3000"), "12-ABCDEF");
  assert.throws(() => parseCodePhrase("\ufeff12-ABCDEF"), {
    message: String.raw`code phrase digits must be 2 ASCII digits, got "\u{feff}12"`,
  });
});

Deno.test("a phrase made from any random bytes parses to itself", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: CODE_RANDOM_BYTES, maxLength: CODE_RANDOM_BYTES }),
      (random) => {
        const code = makeCodePhrase(random);
        assert.equal(parseCodePhrase(code), code);
      },
    ),
    { numRuns: testRuns(300) },
  );
});

Deno.test("every letter and every pair of digits can come out", () => {
  const random = new Uint8Array(CODE_RANDOM_BYTES);
  const letters = new Set<string>();
  const digits = new Set<string>();
  for (let i = 0; i < 256; i++) {
    random.fill(i, 4);
    random[3] = i;
    const code = makeCodePhrase(random);
    letters.add(code.slice(3, 4));
    digits.add(code.slice(0, 2));
  }
  assert.equal(letters.size, 32);
  assert.equal(digits.size, 100);
  assert.throws(() => makeCodePhrase(new Uint8Array(3)), RangeError);
});

const anyText = fc.array(fc.nat(0x10ffff), { maxLength: 20 }).map((points) =>
  String.fromCodePoint(...points)
);

Deno.test("the parser throws nothing but its own error on any text", () => {
  fc.assert(
    fc.property(
      fc.oneof(anyText, fc.string().map((it) => `12-${it}`)),
      (text) => {
        try {
          assert.match(parseCodePhrase(text), /^[0-9]{2}-[A-Z2-7]{6}$/);
        } catch (error) {
          assert.ok(error instanceof WireError && error.code === "usage");
          assert.doesNotMatch(error.message, /[\n\r]/);
        }
      },
    ),
    { numRuns: testRuns(150) },
  );
});
