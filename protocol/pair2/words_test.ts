import assert from "node:assert/strict";
import { WireError } from "../errors.ts";
import { parseCodePhrase } from "../pairing/code_phrase.ts";
import { isPair2Shape, parsePair2Code } from "./code.ts";
import { completeWord, completions, drawWords, WORDS } from "./words.ts";

Deno.test("the list is that of BIP-39: 2,048 sorted words that four letters tell apart", () => {
  assert.equal(WORDS.length, 2048);
  assert.deepEqual(WORDS.toSorted(), WORDS);
  assert.equal(new Set(WORDS.map((word) => word.slice(0, 4))).size, 2048);
  for (const word of WORDS) assert.equal(completeWord(word.slice(0, 4).toUpperCase()), word);
});

Deno.test("Tab offers what begins so; too few letters name no word, nor do wrong ones", () => {
  assert.deepEqual(completions("zO"), ["zone", "zoo"]);
  assert.deepEqual(completions(""), []);
  assert.equal(completeWord("act"), "act");
  assert.equal(completeWord("zon"), undefined);
  assert.equal(completeWord("zonee"), undefined);
});

Deno.test("two random bytes draw a word, evenly", () => {
  assert.deepEqual(drawWords(Uint8Array.of(0, 0, 7, 255, 255, 255)), ["abandon", "zoo", "zoo"]);
  assert.throws(() => drawWords(new Uint8Array(3)), RangeError);
  const seen = new Map<string, number>();
  for (let n = 0; n < 65_536; n++) {
    const [word = ""] = drawWords(Uint8Array.of(n >> 8, n & 0xff));
    seen.set(word, (seen.get(word) ?? 0) + 1);
  }
  assert.deepEqual([...new Set(seen.values())], [32]);
});

Deno.test("the two forms of codes are told apart by shape", () => {
  for (const text of ["4821-abandon-x", "48210 Aban", " 4821/zoo"]) assert.ok(isPair2Shape(text));
  for (const text of ["42-K7QX2M", "42-222222", "4821", "", "abandon-4821", "4821-4821"]) {
    assert.ok(!isPair2Shape(text));
  }
});

Deno.test("extensions §10: an error about the shape of a code names --compat, in either form", () => {
  for (const parse of [() => parsePair2Code("4821-apple"), () => parseCodePhrase("42-K7")]) {
    assert.throws(parse, (error) => {
      assert.ok(error instanceof WireError && error.code === "usage");
      assert.match(error.hint ?? "", /--compat/);
      return true;
    });
  }
});
