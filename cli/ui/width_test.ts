import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import { displayWidth, padEnd, truncate, wrap } from "./width.ts";

Deno.test("width: East Asian characters and emoji take two cells, combining marks none", () => {
  assert.equal(displayWidth("abc"), 3);
  assert.equal(displayWidth("世界"), 4);
  assert.equal(displayWidth("e\u0301"), 1);
  assert.equal(displayWidth("👩‍👩‍👧"), 2);
});

Deno.test("width: what is cut ends in an ellipsis and never splits a character", () => {
  assert.equal(truncate("abcdef", 4), "abc…");
  assert.equal(truncate("abcd", 4), "abcd");
  assert.equal(truncate("世界世界", 4), "世…");
  assert.equal(truncate("abc", 0), "");
});

Deno.test("width: whatever the text, a cut one fits and a padded one fills", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, width) => {
      assert.ok(displayWidth(truncate(text, width)) <= width);
      assert.ok(displayWidth(padEnd(text, width)) >= width);
    }),
    { numRuns: testRuns(300) },
  );
});

Deno.test("width: lines break at spaces and a long word stays whole", () => {
  assert.deepEqual(wrap("one two three", 7), ["one two", "three"]);
  assert.deepEqual(wrap("http://127.0.0.1:8771/x y", 5), ["http://127.0.0.1:8771/x", "y"]);
  assert.deepEqual(wrap("  one two three", 9), ["  one two", "  three"]);
  assert.deepEqual(wrap("", 5), [""]);
});
