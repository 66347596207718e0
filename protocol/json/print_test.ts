import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { jsonString } from "../../tests/fuzz/json_values.ts";
import { testRuns } from "../../tests/runs.ts";
import { JsonError, parseJson } from "./parse.ts";
import { compareCodePoints, prettyJson, printJson } from "./print.ts";
import { quote } from "./quote.ts";
import type { Json } from "./value.ts";

Deno.test("members are in the order of their UTF-8 bytes", () => {
  const bytes = new TextEncoder();
  fc.assert(
    fc.property(jsonString, jsonString, (a, b) => {
      const expected = Math.sign(Buffer.compare(bytes.encode(a), bytes.encode(b)));
      assert.equal(Math.sign(compareCodePoints(a, b)), expected);
    }),
    { numRuns: testRuns(500) },
  );
  assert.equal(
    printJson({ "😀": 1, "\uffff": 2, "10": 3, "9": 4 }),
    '{"10":3,"9":4,"\uffff":2,"😀":1}',
  );
});

Deno.test("members that are undefined are left out", () => {
  assert.equal(printJson({ a: undefined, b: [null] }), '{"b":[null]}');
  assert.equal(prettyJson({ a: undefined }), "{}");
});

Deno.test("a .json file has two spaces, sorted members and no line feed at the end", () => {
  const value = parseJson('{"b":[1,{"d":1.0}],"a":{},"c":[]}');
  assert.equal(
    prettyJson(value),
    '{\n  "a": {},\n  "b": [\n    1,\n    {\n      "d": 1.0\n    }\n  ],\n  "c": []\n}',
  );
  assert.equal(printJson(parseJson(prettyJson(value))), printJson(value));
});

Deno.test("what has no JSON text is a typed error", () => {
  let deep: Json = 1;
  for (let i = 0; i < 128; i++) deep = [deep];
  for (const value of [NaN, Infinity, "\ud83d", { "\ud83d": 1 }, deep]) {
    assert.throws(() => printJson(value), JsonError);
    assert.throws(() => prettyJson(value), JsonError);
  }
});

Deno.test("a quoted text shows what a terminal would hide, and is cut", () => {
  assert.equal(quote('bob "x" \\'), '"bob \\"x\\" \\\\"');
  assert.equal(quote("\u001b[31m\n\t\r\0\u202e"), '"\\u{1b}[31m\\n\\t\\r\\0\\u{202e}"');
  assert.equal(quote("héllo 🦀"), '"héllo 🦀"');
  assert.equal(quote("constructor"), '"constructor"');
  assert.equal(quote("x".repeat(300)), `"${"x".repeat(256)}…"`);
});
